"""Each measure against values worked by hand."""

import math

import pytest

from quality import scores


def test_recall_counts_questions_with_a_right_answer_among_the_first_k():
    ranked = [["a", "b"], ["b", "a"], ["c", "d"], []]
    truth = [frozenset("a"), frozenset("a"), frozenset("a"), frozenset("a")]
    assert scores.recall_at(1, ranked, truth) == 0.25
    assert scores.recall_at(2, ranked, truth) == 0.5
    assert scores.recall_at(1, [["b"]], [frozenset("ab")]) == 1.0


def test_auroc_is_the_share_of_pairs_in_the_right_order_and_ties_count_half():
    # pairs: (.9,.1) above, (.9,.5) above, (.5,.1) above, (.5,.5) tie -> 3.5 of 4
    assert scores.auroc([0.9, 0.5], [0.1, 0.5]) == 0.875
    assert scores.auroc([0.3], [0.3]) == 0.5
    assert math.isnan(scores.auroc([], [0.3]))


def test_answering_counts_any_answer_to_a_question_outside_the_library_as_wrong():
    answered = [True, True, False, True]
    right = [True, False, True, False]
    inside = [True, True, True, False]
    found = scores.answering(answered, right, inside)
    assert found.coverage == pytest.approx(2 / 3)
    assert found.precision == pytest.approx(1 / 3)


def test_the_best_threshold_gives_the_highest_coverage_that_keeps_the_precision():
    confidence = [0.9, 0.8, 0.7, 0.6]
    right = [True, True, False, True]
    inside = [True, True, True, True]
    best = scores.best_answering(confidence, right, inside, precision=0.75)
    assert (best.coverage, best.precision, best.threshold) == (1.0, 0.75, 0.6)
    strict = scores.best_answering(confidence, right, inside)
    assert (strict.coverage, strict.precision, strict.threshold) == (0.5, 1.0, 0.8)
    assert scores.best_answering([0.9], [False], [True]).coverage == 0.0


def test_recall_at_false_alarms_lets_no_more_negatives_through_than_allowed():
    negative = [i / 20 for i in range(20)]  # 0 to .95; one in twenty may pass
    recall, threshold = scores.recall_at_alarms([0.92, 0.5, 0.99], negative, 0.05)
    assert threshold == 0.9
    assert recall == pytest.approx(2 / 3)
    assert scores.recall_at_alarms([0.95], negative, 0.0) == (0.0, 0.95)


def test_pairs_of_messages_are_counted_not_clusters():
    # truth aaa bb: 4 pairs; found xx x' yy with the third a among the b: {1,2} {3,4,5} -> 1 + 3 pairs
    found = scores.pairs(["a", "a", "a", "b", "b"], ["x", "x", "y", "y", "y"])
    assert found == scores.Pairs(right=2, wrong=2, missed=2)
    assert found.precision == found.recall == found.f1 == 0.5


def test_every_message_alone_scores_nothing():
    assert scores.pairs(["a", "a", "b"], [1, 2, 3]).f1 == 0.0


def test_pairs_of_two_libraries_add_up():
    assert scores.Pairs(1, 2, 3) + scores.Pairs(4, 5, 6) == scores.Pairs(5, 7, 9)


def test_the_calibration_error_is_the_weighted_gap_in_each_bin():
    # bin .9-1: confidence .95 of which half right -> gap .45 on 2; bin .1: .15, none right -> .15 on 2
    assert scores.calibration_error([0.95, 0.95, 0.15, 0.15], [True, False, False, False]) == pytest.approx(
        0.3
    )
    assert scores.calibration_error([1.0], [True]) == 0.0


def test_accuracy_and_its_mean_over_classes():
    truth, found = ["a", "a", "a", "b"], ["a", "a", "a", "a"]
    assert scores.accuracy(truth, found) == 0.75
    counts = scores.by_class(truth, found)
    assert counts == {"a": (3, 3), "b": (0, 1)}
    assert scores.macro(counts) == 0.5
    assert scores.confusion(truth, found) == {"a": {"a": 3}, "b": {"a": 1}}


def test_precision_and_recall_over_sets_of_labels():
    truth = [frozenset({"PL"}), frozenset(), frozenset({"DE", "FR"})]
    found = [frozenset({"PL"}), frozenset({"IT"}), frozenset({"DE"})]
    precision, recall = scores.precision_recall(truth, found)
    assert precision == pytest.approx(2 / 3)
    assert recall == pytest.approx(2 / 3)


def test_the_interval_of_a_share_holds_it_and_narrows_with_more_cases():
    low, high = scores.interval(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    wide, narrow = scores.interval(8, 10), scores.interval(800, 1000)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_nothing_to_stand_on_is_not_a_number():
    assert math.isnan(scores.share(0, 0))
    assert math.isnan(scores.calibration_error([], []))
    assert math.isnan(scores.pairs([], []).f1)
