"""The law about texts: what a clinician reads in English and in Chinese carries the same numbers."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np

from titration.engine.decide import Decision
from titration.explain import assess, render

NUMBER = re.compile(r"\d+(?:\.\d+)?")
WIDE = 100_000
"""So wide that no number is broken over two lines."""
SAMPLES = 14


def unlike(decision: Decision, seed: int) -> Iterator[str]:
    """Patient-days whose explanations tell other numbers in the other language."""
    pack, plans = decision.engine.pack, decision.plans
    for patient, day in sampled(decision, seed):
        told = assess(decision, patient, day)
        english, chinese = (Counter(NUMBER.findall(render(told, pack, lang, width=WIDE))) for lang in ("en", "zh"))
        if english != chinese:
            rows = np.flatnonzero((plans.patient == patient) & (plans.day == day))
            credited: list[int] = plans.rule[rows].tolist()
            rules = sorted({pack.rules[rule].id for rule in credited if rule >= 0})
            only = [f"{lang} alone says {', '.join(sorted(some))}" for lang, some in _apart(english, chinese)]
            yield f"{decision.grid.log.people[patient].patient_id}: {'; '.join(only)} (rules {', '.join(rules)})"


def _apart(english: Counter[str], chinese: Counter[str]) -> Iterator[tuple[str, Counter[str]]]:
    for lang, some in (("en", english - chinese), ("zh", chinese - english)):
        if some:
            yield lang, some


def sampled(decision: Decision, seed: int) -> list[tuple[int, int]]:
    """Patient-days to explain: one of each credited rule there is, then any."""
    plans = decision.plans
    shuffled = np.random.default_rng(seed).permutation(len(plans))
    _, first = np.unique(plans.rule[shuffled], return_index=True)
    rows = np.concatenate((shuffled[first], shuffled[: max(0, SAMPLES - len(first))]))
    return sorted(set(zip(plans.patient[rows].tolist(), plans.day[rows].tolist(), strict=True)))
