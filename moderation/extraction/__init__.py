"""Separates the reader comments of a page from its article: one document in, `Document(article, comments)` out."""
