"""A forum in Django, in one file, that judges comments in its own process: `python examples/django_app.py runserver`.

In a site of your own, `judge` belongs beside your models, and `post_comment` calls it before it saves.
"""

import json
import sys
from functools import cache

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponseBadRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from moderation import Comment, Scorer, Verdict

if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost", "127.0.0.1", "testserver"], DEBUG=False)
    django.setup()

published: list[str] = []
held: list[dict[str, object]] = []  # for moderators: the text, and why


@cache
def scorer() -> Scorer:
    """Load the model once in each worker, when the first comment comes."""
    return Scorer.load()


def judge(text: str, language: str | None = None) -> Verdict:
    """Return the verdict on one comment."""
    (verdict,) = scorer().score([Comment(text, lang=language)])
    return verdict


@csrf_exempt  # an example without sessions; yours has them, and keeps the check
@require_POST
def post_comment(request: HttpRequest) -> JsonResponse | HttpResponseBadRequest:
    """Take a comment: publish it, or hold it for a moderator."""
    try:
        text = json.loads(request.body)["text"]
        if not isinstance(text, str):
            raise TypeError
    except (ValueError, LookupError, TypeError):
        return HttpResponseBadRequest("Send JSON with a text.")
    verdict = judge(text)
    if verdict.action == "allow":
        published.append(text)
        return JsonResponse({"state": "published"}, status=201)
    held.append({"text": text, "flags": verdict.flags, "unscored": verdict.unscored, "model": verdict.model})
    return JsonResponse({"state": "held"}, status=202)


urlpatterns = [path("comments", post_comment)]
application = WSGIHandler()

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
