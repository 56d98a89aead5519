"""Reading the facts of a form by place: where its rules do no more than put texts into fields.

Which text goes where is seen by letting the rules read texts that all differ from each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from sys import intern
from typing import Any

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Translation
from orchestrator.model.trace_flow import Facts, FirstPath
from orchestrator.parsers.trace_survey.form import Form, Told, mark_agrees

# Rules that look at no text before they put it into its field; the reason of a drop is a constant of the form.
_PLAIN = {
    "matched", "tuple", "lookup", "host outbound", "local ingress", "ingress", "found", "session id", "session created",
    "destination nat", "routed", "policy search", "policy lookup", "policy permit", "policy deny", "source nat",
    "outgoing interface", "final check", "end",
}  # fmt: skip
_BASES = (0, 10, 16)

Place = tuple[int, int, Any]  # which text, and its base if it is a number; with a negative index: a constant


def by_place(form: Form, samples: Sequence[list[str]]) -> Callable[[Sequence[str]], Told] | None:
    """A quick way to what ``form.read`` gives, ``None`` where there is none.

    The first sample is the example; in each of the others all texts differ.
    """
    if not all(step.rule is None or step.rule.name in _PLAIN for step in form.steps):
        return None
    true = [form.read(sample) for sample in samples]
    leaves = [list(_leaves(facts)) for facts, _ in true]
    if len({len(each) for each in leaves}) > 1:
        return None
    places = [_place(column, samples) for column in zip(*leaves, strict=True)]
    sessions = [_session(step.constant, dict(step.open)) for step in form.steps if step.names_session]
    if None in places:
        return None
    quick = _Quick([place for place in places if place], true[0][0], sessions, form.mark)
    return quick if [quick(sample) for sample in samples] == true else None


def _leaves(facts: Facts) -> Iterator[Any]:
    """The single values of facts, in the order in which ``_Quick`` puts them together."""
    yield from facts[1:-1]
    key, path = facts.key, facts.path
    if key is not None:
        yield from (key.source, key.source_port, key.destination, key.destination_port, key.protocol)
    if path is not None:
        yield from (path.from_zone, path.to_zone, path.policy, path.policy_id, path.ingress, path.egress)
        for nat in filter(None, (path.source_nat, path.destination_nat)):
            yield from (nat.before, nat.before_port, nat.after, nat.after_port, nat.rule)


def _place(column: Sequence[Any], samples: Sequence[list[str]]) -> Place | None:
    if all(value == column[0] for value in column):
        return -1, 0, column[0]
    for index in range(len(samples[0])):
        for base in _BASES:
            if all(_reads(sample[index], base) == value for sample, value in zip(samples, column, strict=True)):
                return index, base, None
    return None


def _reads(text: str, base: int) -> object:
    try:
        return int(text, base) if base else text
    except ValueError:
        return None


def _session(constant: dict[str, str | None], places: dict[str, int]) -> Place:
    for name, base in (("hex", 16), ("id", 10)):
        if name in places:
            return places[name], base, None
        if text := constant[name]:
            return -1, 0, int(text, base)
    return -1, 0, None


def _values(places: Sequence[Place], texts: Sequence[str]) -> list[Any]:
    return [
        constant if index < 0 else int(texts[index], base) if base else texts[index] for index, base, constant in places
    ]


class _Quick:
    """Puts texts into facts of the shape of ``example``."""

    def __init__(self, places: Sequence[Place], example: Facts, sessions: Sequence[Place], mark: int | None) -> None:
        self._places = places
        self._has_key = example.key is not None
        path = example.path
        self._has_path = path is not None
        self._has_source_nat = path is not None and path.source_nat is not None
        self._has_destination_nat = path is not None and path.destination_nat is not None
        self._sessions = sessions
        self._mark = mark

    def __call__(self, texts: Sequence[str]) -> Told:
        outcome, reason, session, filters, flags, ingress, outbound, *more = _values(self._places, texts)
        key = FlowKey(*more[:5]) if self._has_key else None
        path = self._path(more[5:] if self._has_key else more) if self._has_path else None
        agrees = len(self._sessions) < 2 or len(set(_values(self._sessions, texts))) < 2
        if agrees and self._mark is not None:
            agrees = mark_agrees(texts[self._mark], key)
        # Names are few, and of every flow.
        names = intern(filters), intern(flags), intern(ingress)
        return Facts(key, outcome, reason, session, *names, outbound, path), agrees

    def _path(self, values: list[Any]) -> FirstPath:
        source_nat = _translation(values[6:11]) if self._has_source_nat else None
        destination_nat = _translation(values[-5:]) if self._has_destination_nat else None
        from_zone, to_zone, policy, policy_id, ingress, egress = values[:6]
        return FirstPath(
            intern(from_zone), intern(to_zone), intern(policy), policy_id, intern(ingress), intern(egress),
            source_nat, destination_nat,
        )  # fmt: skip


def _translation(values: list[Any]) -> Translation:
    before, before_port, after, after_port, rule = values
    return Translation(
        before=before, before_port=before_port, after=intern(after), after_port=after_port, rule=intern(rule)
    )
