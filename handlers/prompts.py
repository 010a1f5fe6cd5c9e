"""Prompts: what lead management calls a process."""

from typing import Any

from specdouble.double import AFTER, Problem, collection

Document = dict[str, Any]


def post_prompts_create(body: Document) -> tuple[Document, int]:
    collection("prompts").insert_one(body)
    return {"message": "Prompt created successfully", "prompt": body}, 201


def get_prompts_user() -> list[Document]:
    return collection("prompts").find()


def put_prompts_by_id(promptId: str, body: Document) -> Document:  # noqa: N803 (the contract's name)
    prompt = collection("prompts").find_one_and_update({"_id": promptId}, {"$set": body}, return_document=AFTER)
    if prompt is None:
        raise Problem(404, "Prompt not found")
    return {"message": "Prompt updated successfully", "prompt": prompt}
