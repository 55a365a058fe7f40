"""What the files of one checkout mean together; each file is read once, when it is first needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from chipstance import near_names
from chipstance.corpus import parse_article, parse_edits, parse_entity
from chipstance.digests import sha256
from chipstance.edits import OffsetMap, apply_edits
from chipstance.folders import Checkout, is_dead
from chipstance.jsonfile import is_missing
from chipstance.layers import Layers, parse_layers
from chipstance.model import Article, Entity, Problem
from chipstance.places import dead_link, is_stray, kind_by_place, meant, stray
from chipstance.rules import Finding, declare, run
from chipstance.rules_files import (
    JsonFile,
    article_digest_finding,
    edit_findings,
    edits_digest,
    of_other_name,
    string_form,
)
from chipstance.schemas import Schemas
from chipstance.sources import Source, parse_source, read_article_source, read_json_source

ARTICLE_FILES = declare("article-files", "Every article has its text, its edits and its gold labels.")
OF_DOCUMENTS = ("edits", "annotations", "adjudication")
"""Kinds of files that say which document they are about."""
FILE_MISSING = declare("file-missing", "A checkout has its list of articles and its registry.")


@dataclass(frozen=True, slots=True)
class Text:
    """An article, its annotated text, and the way between them."""

    raw: str
    text: str
    offsets: OffsetMap


@dataclass(frozen=True, slots=True)
class Given:
    """What predictions are about, where that is known without a checkout.

    Attributes:
        texts: by document id.
        layers: what is annotated; None for what the layers' file says.
    """

    texts: Mapping[str, str]
    layers: Layers | None = None


_Record = TypeVar("_Record", Article, Entity)


def _by_id(records: Iterable[_Record]) -> dict[str, _Record]:
    """Return records by id; of two with the same id, the first."""
    found: dict[str, _Record] = {}
    for record in records:
        found.setdefault(record.id, record)
    return found


@dataclass
class Context:
    """A checkout as far as it has been read.

    Attributes:
        checkout: where its files stand; None for files outside any checkout.
        base: the schemas of this code, with its own layers.
        layers_path: the layers that hold here.
        given: what predictions are about, in place of a checkout's texts; None for these.
        own_schemas: whether the schemas are those that this code comes with.
        problems: what kept a file from being read, or a text from being made.
        judged: by path, what a label file was found to hold and what is wrong with it.
        looks: by the kind of a line, what tells quickly that one is in order.
    """

    checkout: Checkout | None
    base: Schemas
    layers_path: Path
    given: Given | None = None
    own_schemas: bool = True
    problems: set[Problem] = field(default_factory=set)
    judged: dict[Path, Any] = field(default_factory=dict)
    looks: dict[str, Any] = field(default_factory=dict)
    _sources: dict[Path, Source] = field(default_factory=dict)
    _texts: dict[str, Text | None] = field(default_factory=dict)

    @cached_property
    def layers(self) -> Layers | None:
        """What is annotated; None where layers.json is broken."""
        if self.given and self.given.layers:
            return self.given.layers
        source = self.source(self.layers_path, "layers")
        if not source.sound:
            return None
        wrong = list(run("layers", JsonFile(source.path, source.data)))
        self._record(source, wrong)
        return None if wrong else parse_layers(source.data)

    @cached_property
    def schemas(self) -> Schemas:
        """The schemas with this checkout's layers in them; where these are broken, any layer will do."""
        return self.base.with_layers(self.layers)

    def source(self, path: Path, kind: str) -> Source:
        """Read a file, once."""
        if path not in self._sources:
            schemas = self.base if kind == "layers" else self.schemas
            source = read_article_source(path) if kind == "article" else read_json_source(path, kind, schemas)
            self.problems.update(source.problems)
            self._sources[path] = source
        return self._sources[path]

    def prepare(self) -> None:
        """Make the texts of all articles, so that what is wrong with one is known, whichever were asked for."""
        if self.layers and self.given is None:
            _ = self.texts

    def packed(self, *, texts: bool) -> Context:
        """Return what another process or machine needs to judge lines, read once and first.

        Args:
            texts: whether that is those of the checkout's articles, too.
        """
        made: dict[str, Text | None] = {}
        found = replace(self, base=replace(self.base), problems=set(), judged={}, looks={}, _sources={}, _texts=made)
        found.__dict__["layers"] = self.layers
        if texts:  # by another, for what is read on the way is not needed
            reader = replace(self, problems=set(), _sources={}, _texts=made)
            reader.prepare()
            found.__dict__["articles"] = reader.articles
        return found

    def offer(self, path: Path, kind: str, text: str) -> None:
        """Take a text for the content of a JSON file, whatever the file holds."""
        source = parse_source(path, kind, text, 0, self.schemas)
        self.problems.update(source.problems)
        self._sources[path] = source

    @property
    def docs(self) -> Collection[str] | None:
        """Ids of the documents that labels can be about; None where the list can't be read."""
        return self.articles if self.given is None else self.given.texts

    @cached_property
    def articles(self) -> dict[str, Article] | None:
        """The articles by id; None where the list can't be read."""
        source = self._decided("articles")
        return _by_id(map(parse_article, source.data["articles"])) if source and source.sound else None

    @cached_property
    def entities(self) -> dict[str, Entity] | None:
        """The registry by id; None where it can't be read, or a name in it can't be compared for its form."""
        source = self._decided("entities")
        if source is None or not source.sound or any(string_form(JsonFile(source.path, source.data))):
            return None
        return _by_id(map(parse_entity, source.data["entities"]))

    def _decided(self, kind: str) -> Source | None:
        """Return the list of articles or the registry; None, with a problem recorded, where there is none."""
        if self.checkout is None:
            return None
        path = {"articles": self.checkout.articles, "entities": self.checkout.entities}[kind]
        if is_missing(path) and path not in self._sources:
            like = near_names.misnamed(self.checkout, ())
            if found := next((stands for stands, wanted in like.items() if wanted == path), None):
                self.problems.add(meant(found, path, self.checkout))
                return None
            name = {"articles": "the list of articles", "entities": "the registry"}[kind]
            self.problems.add(Problem(FILE_MISSING, str(path), "", f"{name} is missing: add it", 1, 1))
            return None
        return self.source(path, kind)

    @cached_property
    def misnamed(self) -> dict[Path, Path]:
        """What may be meant to be what is missing: by the path where it stands, the one where it should."""
        docs = [doc for doc in self.articles or () if doc not in self.misspelt.values()]
        return near_names.misnamed(self.checkout, docs) if self.checkout else {}

    @cached_property
    def misspelt(self) -> dict[str, str]:
        """Which files may be meant by an id of which there are none: by the id that they have, the listed one."""
        return near_names.misspelt(self.checkout, self.articles or ()) if self.checkout else {}

    @cached_property
    def texts(self) -> dict[str, str]:
        """The texts that predictions can be about, by document id."""
        found = {doc: self.text(doc) for doc in self.docs or ()}
        return {doc: each.text for doc, each in found.items() if each}

    def text(self, doc: str) -> Text | None:
        """Return a document's text; None, with a problem recorded, where an article's can't be made."""
        if doc not in self._texts:
            given = self.given.texts.get(doc) if self.given else None
            self._texts[doc] = self._make_text(doc) if given is None else Text(given, given, OffsetMap(()))
        return self._texts[doc]

    def _make_text(self, doc: str) -> Text | None:
        checkout, articles = self.checkout, self.articles
        if checkout is None or articles is None or doc not in articles or self._missing(doc):
            return None
        article = self.source(checkout.article(doc), "article")
        edits = self.source(checkout.edits(doc), "edits")
        if not article.sound or not edits.sound:
            return None
        if (said := edits.data["doc"]) != doc and said in articles:
            self._record(edits, [("file-name", of_other_name(edits.path, said))])
            return None
        listed = list(articles).index(doc)
        path, data = checkout.article(doc), article.text.encode()
        wrong = [("article-digest", f) for f in article_digest_finding(path, listed, articles[doc].sha256, data)]
        self._record(self.source(checkout.articles, "articles"), wrong)
        file = JsonFile(edits.path, edits.data, article.text, sha256(data))
        other = [("article-digest", finding) for finding in edits_digest(file)] if not wrong else []
        broken = list(edit_findings(file)) if not wrong and not other else []
        self._record(edits, other + broken)
        if wrong or other or broken:
            return None
        parsed = parse_edits(edits.data)
        return Text(article.text, apply_edits(article.text, parsed), OffsetMap(parsed))

    def _missing(self, doc: str) -> bool:
        checkout = self.checkout
        paths = {} if checkout is None else {"text": checkout.article(doc), "edits file": checkout.edits(doc)}
        gone = {name: path for name, path in paths.items() if is_missing(path)}
        for name, path in gone.items():
            self.record_missing(doc, name, path)
        return bool(gone)

    def record_missing(self, doc: str, name: str, path: Path) -> None:
        """Record that a file of a listed article is not there."""
        if self.checkout is None or self.articles is None or self._record_meant(doc, path):
            return
        if is_dead(path.parent):
            self.problems.add(dead_link(path.parent))
            return
        pointer, place = f"/articles/{list(self.articles).index(doc)}/id", path.relative_to(self.checkout.root)
        message = f"the {name} of {doc} is missing: add {place.as_posix()}"
        if is_missing(path.parent):
            pointer, message = "/articles", f"{place.parent.as_posix()} is missing: put it back, or make its files"
        elif all(map(is_missing, files := near_names.document_files(self.checkout, doc))):
            places = (file.relative_to(self.checkout.root).as_posix() for file in files)
            message = f"{doc} has no files: add {', '.join(places)}, or remove the entry"
        self._record_listed([(ARTICLE_FILES, Finding(pointer, message))])

    def _record_listed(self, findings: list[tuple[str, Finding]]) -> None:
        if self.checkout:
            self._record(self.source(self.checkout.articles, "articles"), findings)

    def _record_meant(self, doc: str, path: Path) -> bool:
        """Record what a file of a listed article that is not there is called instead; tell whether it is there so."""
        if other := next((other for other, listed in self.misspelt.items() if listed == doc), None):
            return self.record_misspelt(other)
        stands = next((each for each, wanted in self.misnamed.items() if wanted in (path, path.parent)), None)
        found = self.meant(stands) if stands else None
        self.problems.update([found] if found else [])
        return found is not None

    def misplaced(self, path: Path, kind: str) -> Problem | None:
        """Return that a file does not belong where it stands, or not under this name; None where it does."""
        astray = is_stray(path, self.checkout)
        inside = kind == "annotations" and path.parent in self.misnamed
        asked = astray or inside or (kind in ("article", *OF_DOCUMENTS) and path.stem not in (self.articles or ()))
        found = self.meant(path) if asked else None
        return stray(path, self.checkout) if astray and not found else found

    def meant(self, path: Path) -> Problem | None:
        """Return that a file, or its folder, may be meant to be what is missing there; None where it is not."""
        stands = next((each for each in (path, *path.parents) if each in self.misnamed), None)
        if stands is None or self.checkout is None:
            return None
        wanted = self.misnamed[stands]
        if (kind := kind_by_place(wanted, self.checkout)) not in OF_DOCUMENTS or stands.suffix != ".json":
            return meant(stands, wanted, self.checkout)
        return self.source(stands, kind).problem("file-name", of_other_name(stands, wanted.stem))

    def record_misspelt(self, doc: object) -> bool:
        """Record that a document's files are there, but that another id is listed; tell whether that is so."""
        listed = self.misspelt.get(doc) if isinstance(doc, str) else None
        if listed is None:
            return False
        pointer = f"/articles/{list(self.articles or ()).index(listed)}/id"
        message = f"{listed} has no files, but those of {doc} are there, which is not listed: rename one of them"
        self._record_listed([(ARTICLE_FILES, Finding(pointer, message))])
        return True

    def record_empty(self) -> None:
        """Record that the registry holds nothing, though labels name entities: once, however many do."""
        if source := self._decided("entities"):
            message = "the registry is empty, but labels name entities: put it back, or add them"
            self._record(source, [("entity-unknown", Finding("/entities", message))])

    def _record(self, source: Source, findings: list[tuple[str, Finding]]) -> None:
        self.problems.update(source.problem(rule_id, finding) for rule_id, finding in findings)
