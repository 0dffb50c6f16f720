"""The three labels: what each means, and who says so.

None is derived from another: a comment can be antisemitic without a rude word, and rude without attacking any group.
Which corpora carry a label is said by their specs (`moderation.corpora.carriers`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """One label: what it means, in the words of `source` (found at `url`) as far as they go."""

    name: str
    title: str
    definition: str
    source: str
    url: str


LABELS: tuple[Label, ...] = (
    Label(
        name="hate",
        title="Hate speech",
        definition=(
            "An attack on a protected group, or on its members for being such: pejorative or discriminatory language "
            "on account of religion, ethnicity, nationality, race, colour, descent, gender or another identity factor."
        ),
        source="United Nations Strategy and Plan of Action on Hate Speech (2019)",
        url="https://www.un.org/en/genocideprevention/hate-speech-strategy.shtml",
    ),
    Label(
        name="antisemitism",
        title="Antisemitism",
        definition=(
            "A certain perception of Jews, which may be expressed as hatred toward Jews. Rhetorical and physical "
            "manifestations of antisemitism are directed toward Jewish or non-Jewish individuals and/or their "
            "property, toward Jewish community institutions and religious facilities. Criticism of Israel similar to "
            "that leveled against any other country cannot be regarded as antisemitic."
        ),
        source="IHRA working definition of antisemitism (2016), as the ISCA corpus annotated it",
        url="https://holocaustremembrance.com/resources/working-definition-antisemitism",
    ),
    Label(
        name="toxicity",
        title="Toxicity",
        definition="Rude, disrespectful or abusive enough to make people leave a discussion, whomever it is aimed at.",
        source="Jigsaw's Perspective attribute TOXICITY; Wulczyn, Thain and Dixon (2017), Ex Machina",
        url="https://developers.perspectiveapi.com/s/about-the-api-attributes-and-languages",
    ),
)
"""In fixed order: column k of every score and label matrix belongs to `LABELS[k]`."""

LABEL_NAMES: tuple[str, ...] = tuple(label.name for label in LABELS)
