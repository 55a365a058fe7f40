"""ChipStance: an annotated benchmark of quotations, organizations, money and stance in news."""

from __future__ import annotations

from pathlib import Path

from chipstance._version import __version__
from chipstance.model import Document, Entity, Span

__all__ = ["Document", "Entity", "Span", "__version__", "load"]


def load(path: str | Path | None = None, split: str | None = None) -> tuple[Document, ...]:
    """Return the documents of a release with their labels.

    Args:
        path: the release's folder; by default that of the checkout around the working folder, else of this code.
        split: ``validation`` or ``test``; by default all.

    Returns:
        Documents whose spans slice their text: ``document.text[span.start:span.end] == span.text``, in code points.

    Raises:
        FileNotFoundError: no path is given and no release is found.
        chipstance.loading.LoadError: the folder holds no release, has no such split, or has been changed.
    """
    from chipstance.folders import dataset_folder
    from chipstance.loading import load_documents

    return load_documents(dataset_folder() if path is None else Path(path), split)
