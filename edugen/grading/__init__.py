"""The grader: runs a student's file in a worker process and compares what comes back."""
from edugen.grading.assertions import assert_close, assert_distribution, assert_gradient, assert_monotone, parts
from edugen.grading.selfcheck import check
from edugen.grading.student import StudentError, StudentRaised

__all__ = ["StudentError", "StudentRaised", "assert_close", "assert_distribution", "assert_gradient", "assert_monotone", "check",
           "parts"]
