"""How long property tests search: the same examples in every run, or, with `make fuzz`, fresh ones for a long time."""

from hypothesis import HealthCheck, Phase, settings

FIXED = 100
"""How many examples a property has in the fixed profile, if it does not say."""

settings.register_profile(
    "fixed",
    max_examples=FIXED,
    derandomize=True,  # a commit is red or green whatever the day; what a fuzz finds is kept as an `@example`
    deadline=None,  # no test is timed; pytest's own limit ends what hangs
    phases=(Phase.explicit, Phase.generate),  # a failure is told as it was found: making it smaller may take minutes
    print_blob=True,
)
settings.register_profile(
    "fuzz",
    max_examples=20 * FIXED,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)


def load_profile() -> None:
    """The profile of every run that names no other with `--hypothesis-profile`."""
    settings.load_profile("fixed")


def examples(number: int, *, suppress: tuple[HealthCheck, ...] = ()) -> settings:
    """So many examples for a property that costs more or less than others, and as many times more in a longer profile."""
    profile = settings.default
    assert profile is not None, "one is loaded before any test is"
    return settings(max_examples=number * profile.max_examples // FIXED, suppress_health_check=suppress)
