"""Every error that the project raises on purpose.

    ModerationError
      InputError           a document or dump cannot be read
        RejectedRows       more rows were rejected than allowed
      OutputError          a result cannot be written
      BundleError          a bundle on disk cannot be used
        BundleTooNew       its format is newer than this version reads
        BundleCorrupt      a file is missing or does not match its hash
        GoldenMismatch     its golden texts no longer get their scores
      CorpusError          a corpus or its spec cannot be used
      EvaluationError      a classifier cannot be measured
      FetchError           a file cannot be fetched, or is not the one that was pinned
      PolicyError          thresholds that make no sense
      SettingsError        the service cannot run with these settings
      WorkerLost           a process or machine that did a part of the work is gone
      DeviceError          the processor asked for is not here, or gave out
      MissingExtra         an optional part is not installed

A message says what happened, why, and what to do next. It never holds comment text.
"""


class ModerationError(Exception):
    """The root. `exit_code` is what the command line returns for it."""

    exit_code = 1


class InputError(ModerationError):
    """A document or dump cannot be read."""


class RejectedRows(InputError):
    """More rows of a dump were rejected than the caller allows."""

    exit_code = 3


class OutputError(ModerationError):
    """A result cannot be written (no space, no permission)."""


class BundleError(ModerationError):
    """A bundle on disk cannot be used."""


class BundleTooNew(BundleError):
    """The bundle's format is newer than this version of the project reads."""


class BundleCorrupt(BundleError):
    """A file of the bundle is missing, or its contents do not match the recorded hash."""


class GoldenMismatch(BundleError):
    """The bundle's golden texts get other scores than those recorded with it."""


class CorpusError(ModerationError):
    """A corpus, or the spec that describes it, cannot be used."""


class EvaluationError(ModerationError):
    """A classifier cannot be measured: there are no rows, or its scores are no probabilities."""


class FetchError(ModerationError):
    """A file cannot be fetched, or is not the one that was pinned."""


class PolicyError(ModerationError):
    """A policy's thresholds make no sense."""


class SettingsError(ModerationError):
    """The service cannot run with the settings that it was given."""


class WorkerLost(ModerationError):
    """A process or a machine that did a part of the work is gone."""


class DeviceError(ModerationError):
    """The processor asked for is not here, or gave out (no driver, no memory left, a GPU that vanished)."""


class MissingExtra(ModerationError):
    """An optional part of the project is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs packages that are not installed. Run: pip install 'moderation[{extra}]'")
        self.what = what
        self.extra = extra

    def __reduce__(self) -> tuple[type["MissingExtra"], tuple[str, str]]:
        return MissingExtra, (self.what, self.extra)  # pickle, which brings errors out of other processes
