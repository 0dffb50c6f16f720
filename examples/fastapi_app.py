"""A forum in FastAPI that judges comments in its own process: `uvicorn examples.fastapi_app:app`."""

from fastapi import FastAPI, Response
from pydantic import BaseModel

from moderation import Comment, Scorer

app = FastAPI()
scorer = Scorer.load()  # once; threads share it
published: list[str] = []
held: list[dict[str, object]] = []  # for moderators: the text, and why


class NewComment(BaseModel):
    """What a reader sends."""

    text: str
    lang: str | None = None


@app.post("/comments", status_code=201)
async def post_comment(comment: NewComment, response: Response) -> dict[str, str]:
    """Take a comment: publish it, or hold it for a moderator. The event loop goes on while it is judged."""
    (verdict,) = await scorer.score_async([Comment(comment.text, lang=comment.lang)])
    if verdict.action == "allow":
        published.append(comment.text)
        return {"state": "published"}
    held.append({"text": comment.text, "flags": verdict.flags, "unscored": verdict.unscored, "model": verdict.model})
    response.status_code = 202
    return {"state": "held"}
