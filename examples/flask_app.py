"""A forum in Flask that judges comments in its own process: `flask --app examples/flask_app run`."""

from flask import Flask, request
from werkzeug.exceptions import BadRequest

from moderation import Comment, Scorer

app = Flask(__name__)
scorer = Scorer.load()  # once; threads share it
published: list[str] = []
held: list[dict[str, object]] = []  # for moderators: the text, and why


@app.post("/comments")
def post_comment() -> tuple[dict[str, object], int]:
    """Take a comment: publish it, or hold it for a moderator."""
    body = request.get_json()
    if not isinstance(body, dict) or not isinstance(body.get("text"), str):
        raise BadRequest("Send JSON with a text.")
    (verdict,) = scorer.score([Comment(body["text"], lang=body.get("lang"))])
    if verdict.action == "allow":
        published.append(body["text"])
        return {"state": "published"}, 201
    held.append({"text": body["text"], "flags": verdict.flags, "unscored": verdict.unscored, "model": verdict.model})
    return {"state": "held"}, 202
