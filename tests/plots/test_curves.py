"""Training curves: values, panels, and the best checkpoint."""
import numpy as np
import pytest

from edugen import plots
from edugen.training import History


def curve(ax, label):
    return next(np.array(line.get_data()) for line in ax.lines if line.get_label() == label)


def test_values_stand_over_the_epochs_counted_from_one():
    ax = plots.loss_curves({"train_loss": [3.0, 2.0, 1.5], "validation_loss": [3.5, 2.5, 2.75]}).axes[0]
    np.testing.assert_array_equal(curve(ax, "train loss"), [[1, 2, 3], [3.0, 2.0, 1.5]])
    np.testing.assert_array_equal(curve(ax, "validation loss"), [[1, 2, 3], [3.5, 2.5, 2.75]])
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("epoch", "loss", "linear")


def test_the_smallest_validation_loss_is_starred():
    picture = plots.loss_curves({"train_loss": [3.0, 2.0, 1.5], "validation_loss": [3.5, 2.5, 2.75]})
    np.testing.assert_array_equal(curve(picture.axes[0], "best: epoch 2"), [[2], [2.5]])
    assert "Best validation loss 2.5 at epoch 2." in picture.alt


def test_accuracy_has_its_own_panel_and_its_best_is_the_largest():
    history = {"loss": [1.0, 0.5, 0.4], "validation_accuracy": [0.5, 0.9, 0.8]}
    picture = plots.loss_curves(history, log=True, best="validation_accuracy", title="both")
    loss, accuracy = picture.axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert (loss.get_yscale(), accuracy.get_yscale()) == ("log", "linear")
    np.testing.assert_array_equal(curve(accuracy, "best: epoch 2"), [[2], [0.9]])
    assert [list(ax.lines[-1].get_xdata()) for ax in picture.axes] == [[2, 2], [2]]      # the line in one, the star in the other
    assert picture.get_suptitle() == "both"


@pytest.mark.parametrize("best, at", [(0, 1), (2, 3), (np.int64(1), 2)])
def test_the_best_checkpoint_may_be_given_by_position(best, at):
    picture = plots.loss_curves({"loss": [1.0, 0.5, 0.4]}, best=best)
    np.testing.assert_array_equal(picture.axes[0].lines[-1].get_xdata(), [at, at])
    assert f"Best checkpoint at epoch {at}." in picture.alt


def test_no_best_is_marked_when_there_is_none_or_none_is_wanted():
    assert len(plots.loss_curves({"loss": [1.0, 0.5]}).axes[0].lines) == 1
    assert len(plots.loss_curves({"validation_loss": [1.0, 0.5]}, best=False).axes[0].lines) == 1
    assert len(plots.loss_curves({"validation_loss": [np.nan, np.nan]}).axes[0].lines) == 1


def test_what_was_not_measured_is_skipped_but_keeps_its_epoch():
    ax = plots.loss_curves({"train": [3.0, 2.0, 1.0], "validation": [np.nan, 2.5, np.nan]}).axes[0]
    np.testing.assert_array_equal(curve(ax, "validation"), [[2], [2.5]])
    assert ax.get_ylabel() == "loss" and curve(ax, "best: epoch 2") is not None


def test_a_column_of_steps_is_the_axis():
    ax = plots.loss_curves({"step": [0, 100, 200], "loss": [3.0, 2.0, 1.0]}, xlabel="step").axes[0]
    np.testing.assert_array_equal(curve(ax, "loss"), [[0, 100, 200], [3.0, 2.0, 1.0]])
    assert len(ax.lines) == 1


def test_smoothing_is_the_mean_of_the_last_values(rng):
    loss = rng.random(50)
    raw, smooth = plots.loss_curves({"loss": loss}, smooth=7).axes[0].lines
    np.testing.assert_array_equal(raw.get_ydata(), loss)
    expected = [loss[max(0, k - 6):k + 1].mean() for k in range(50)]
    np.testing.assert_allclose(smooth.get_ydata(), expected, rtol=1e-12)
    assert raw.get_alpha() == 0.25 and smooth.get_label() == "loss"


def test_curves_go_into_a_given_panel():
    picture = plots.panels(1, 2)
    assert plots.loss_curves({"loss": [2.0, 1.0]}, ax=picture.axes[1], title="here") is picture
    np.testing.assert_array_equal(curve(picture.axes[1], "loss"), [[1, 2], [2.0, 1.0]])
    assert not picture.axes[0].lines and picture.axes[1].get_title() == "here"
    with pytest.raises(ValueError, match=r"one ax holds one quantity, but history has \['accuracy', 'loss'\]"):
        plots.loss_curves({"loss": [1.0], "accuracy": [1.0]}, ax=picture.axes[0])


@pytest.mark.parametrize("history, error, message", [
    ([1.0, 2.0], TypeError, "history must be a History or a dict of sequences, .* got list"),
    ({}, ValueError, "at least one"),
    ({"a": [1.0], "b": [1.0, 2.0]}, ValueError, r"all of one length .* put NaN .* \{'a': \(1,\), 'b': \(2,\)\}"),
    ({"a": []}, ValueError, "none empty"),
])
def test_a_history_that_is_none_is_explained(history, error, message):
    with pytest.raises(error, match=message):
        plots.loss_curves(history)


@pytest.mark.parametrize("best, message", [
    ("validation", r"best must be one of \['loss'\], True, False or a position, got 'validation'"),
    (2, "best must be a position from 0 to 1, got 2"),
])
def test_a_best_that_is_not_there_is_named(best, message):
    with pytest.raises(ValueError, match=message):
        plots.loss_curves({"loss": [1.0, 2.0]}, best=best)


def test_a_history_is_drawn_like_a_dict_of_its_columns():
    history = History("loss", "validation")
    for loss, validation in [(3.0, 3.5), (2.0, 2.5), (1.5, 2.75)]:
        history.append(loss=loss, validation=validation)
    picture = plots.loss_curves(history)
    (ax,) = picture.axes
    np.testing.assert_array_equal(curve(ax, "loss"), [[1, 2, 3], [3.0, 2.0, 1.5]])
    np.testing.assert_array_equal(curve(ax, "validation"), [[1, 2, 3], [3.5, 2.5, 2.75]])
    np.testing.assert_array_equal(curve(ax, "best: epoch 2"), [[2], [2.5]])
    assert picture.alt == plots.loss_curves({"loss": [3.0, 2.0, 1.5], "validation": [3.5, 2.5, 2.75]}).alt


def test_an_empty_history_is_explained():
    with pytest.raises(ValueError, match="history must hold sequences of numbers, at least one, .* none empty"):
        plots.loss_curves(History("loss"))
