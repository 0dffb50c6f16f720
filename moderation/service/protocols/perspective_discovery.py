"""The discovery document of Perspective's protocol: what Google's client libraries are built from at run time.

Form: Google API Discovery Service v1, `discovery#restDescription`.
"""

from typing import Any

_STRING = {"type": "string"}
_BOOLEAN = {"type": "boolean"}
_FLOAT = {"type": "number", "format": "float"}
_INTEGER = {"type": "integer", "format": "int32"}


def discovery_document(root: str) -> dict[str, Any]:
    """Return the document of a service at `root`, an address that ends in a slash."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "revision": "1",
        "title": "Comment analyzer",
        "canonicalName": "Comment Analyzer",
        "description": "Scores of comments, in the protocol of Perspective's Comment Analyzer.",
        "protocol": "rest",
        "rootUrl": root,
        "baseUrl": root,
        "basePath": "",
        "servicePath": "",
        "batchPath": "batch",
        "fullyEncodeReservedExpansion": True,
        "parameters": {
            "alt": {"type": "string", "location": "query", "default": "json", "enum": ["json"]},
            "key": {"type": "string", "location": "query", "description": "API key."},
            "prettyPrint": {"type": "boolean", "location": "query", "default": "true"},
            "quotaUser": {"type": "string", "location": "query"},
            "fields": {"type": "string", "location": "query"},
        },
        "schemas": {name: _object(name, properties) for name, properties in _SCHEMAS.items()},
        "resources": {
            "comments": {
                "methods": {
                    "analyze": _method("analyze", "AnalyzeComment", "Scores a comment."),
                    "suggestscore": _method("suggestscore", "SuggestCommentScore", "Says which score is right."),
                }
            }
        },
    }


def _method(name: str, schema: str, description: str) -> dict[str, Any]:
    return {
        "id": f"commentanalyzer.comments.{name}",
        "path": f"v1alpha1/comments:{name}",
        "flatPath": f"v1alpha1/comments:{name}",
        "httpMethod": "POST",
        "description": description,
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": f"{schema}Request"},
        "response": {"$ref": f"{schema}Response"},
    }


def _object(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "type": "object", "properties": properties}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _map(to: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"$ref": to}}


def _enum(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values), "enumDescriptions": [""] * len(values)}


_TEXT = {"$ref": "TextEntry"}
_SCORE_TYPE = _enum("SCORE_TYPE_UNSPECIFIED", "PROBABILITY")
_SCHEMAS: dict[str, dict[str, Any]] = {
    "TextEntry": {"text": _STRING, "type": _enum("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML")},
    "ArticleAndParentComment": {"article": _TEXT, "parentComment": _TEXT},
    "Context": {
        "entries": _list(_TEXT),
        "articleAndParentComment": {"$ref": "ArticleAndParentComment"},
    },
    "AttributeParameters": {"scoreType": _SCORE_TYPE, "scoreThreshold": _FLOAT},
    "Score": {"value": _FLOAT, "type": _SCORE_TYPE},
    "SpanScore": {"begin": _INTEGER, "end": _INTEGER, "score": {"$ref": "Score"}},
    "AttributeScores": {"summaryScore": {"$ref": "Score"}, "spanScores": _list({"$ref": "SpanScore"})},
    "AnalyzeCommentRequest": {
        "comment": _TEXT,
        "context": {"$ref": "Context"},
        "requestedAttributes": _map("AttributeParameters"),
        "spanAnnotations": _BOOLEAN,
        "languages": _list(_STRING),
        "doNotStore": _BOOLEAN,
        "clientToken": _STRING,
        "sessionId": _STRING,
        "communityId": _STRING,
        "dropUnsupportedAttributes": _BOOLEAN,
    },
    "AnalyzeCommentResponse": {
        "attributeScores": _map("AttributeScores"),
        "languages": _list(_STRING),
        "detectedLanguages": _list(_STRING),
        "clientToken": _STRING,
    },
    "SuggestCommentScoreRequest": {
        "comment": _TEXT,
        "context": {"$ref": "Context"},
        "attributeScores": _map("AttributeScores"),
        "languages": _list(_STRING),
        "clientToken": _STRING,
        "sessionId": _STRING,
        "communityId": _STRING,
    },
    "SuggestCommentScoreResponse": {
        "requestedLanguages": _list(_STRING),
        "detectedLanguages": _list(_STRING),
        "clientToken": _STRING,
    },
}
