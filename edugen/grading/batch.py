"""A class graded: every submission, once, whatever happens in between.

Each result is written as soon as it is there, under the student and the exercise, with the fingerprints of the file and of
the checks that it holds for. A run that was interrupted goes on where it stopped, and one bad submission costs itself alone.
"""
from __future__ import annotations

import hashlib
import hmac
import json
import os
import queue
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edugen.grading.misconceptions import Misconceptions
from edugen.grading.plugin import write_atomically
from edugen.grading.runner import Run, Session, SessionEnded
from edugen.grading.submissions import Handed, Submission, file_name

__all__ = ["Busy", "ChecksChanged", "Store", "changes", "find_checks", "grade_all", "official_seed", "read_secret", "regrade"]

Record = dict[str, Any]         # a report, and whose it is
ABSENT = "nothing was handed in for this exercise"
CHUNK = 4                       # submissions that travel to another machine together


class ChecksChanged(RuntimeError):
    """Checks that are not those by which some submissions were graded."""


class Busy(RuntimeError):
    """Another process is grading into the same folder."""


def official_seed(secret: bytes, student: str, exercise: str) -> str:
    """Where a student's official numbers come from: nobody who has not got the secret can know them.

    Examples
    --------
    >>> official_seed(b"secret", "ada", "losses") == official_seed(b"secret", "ada", "losses")
    True
    >>> official_seed(b"secret", "ada", "losses") == official_seed(b"secret", "bob", "losses")
    False
    """
    return hmac.new(secret, f"{student}\0{exercise}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def read_secret(path: Path, make: bool = False) -> bytes:
    """The secret in a file, which only its owner should read; with `make`, a new one where there is none.

    Raises
    ------
    ValueError
        when it has fewer than 16 bytes, which could be guessed
    """
    if make and not path.exists():
        with suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as stream:
                stream.write(secrets.token_hex(32) + "\n")
    secret = path.read_bytes().strip()
    if len(secret) < 16:
        raise ValueError(f"the secret in {path} has {len(secret)} bytes, and needs at least 16 "
                         "(python -c 'import secrets; print(secrets.token_hex())')")
    return secret


def find_checks(folder: Path) -> dict[str, Path]:
    """The checks of each exercise in a folder, by the exercise's name: `exercises/*/check_*.py`, or less deep.

    Raises
    ------
    ValueError
        when there are none, or two of one name
    """
    found: dict[str, Path] = {}
    for pattern in ("exercises/*/check_*.py", "exercises/check_*.py", "*/check_*.py", "check_*.py"):
        for check in sorted(folder.glob(pattern)):
            stem = check.stem.removeprefix("check_")
            if found.setdefault(stem, check.resolve()) != check.resolve():
                raise ValueError(f"two exercises are called {stem}: {found[stem]} and {check}")
    if not found:
        raise ValueError(f"there are no exercises in {folder}: no check_NAME.py in it, in exercises/, or one folder below")
    return found


# -- what is kept ------------------------------------------------------------------------------------------------------


class Store:
    """The folder of a graded class: a result for each student and exercise, the files that were graded, and who is who."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state: dict[str, Any] = {"students": {}, "notes": []}
        if self.path.exists():
            self.state |= json.loads(self.path.read_text(encoding="utf-8"))

    @property
    def path(self) -> Path:
        """The file that says who is who."""
        return self.folder / "batch.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Grading into this folder, and nobody else."""
        import psutil

        self.folder.mkdir(parents=True, exist_ok=True)
        lock, mine = self.folder / ".lock", f"{os.getpid()} {psutil.Process().create_time()}"
        if lock.exists():
            with suppress(ValueError, psutil.Error):
                number, began = lock.read_text().split()
                if psutil.Process(int(number)).create_time() == float(began) and number != str(os.getpid()):
                    raise Busy(f"process {number} is grading into {self.folder}")
        write_atomically(lock, mine)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)

    def save(self) -> None:
        """Write who is who."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, json.dumps(self.state, indent=1, ensure_ascii=False))

    def key(self, student: str) -> str:
        """A student's name among files, always the same."""
        known = self.state["students"].setdefault(student, {})
        if "key" not in known:
            taken = {entry["key"].casefold() for entry in self.state["students"].values() if "key" in entry}
            known["key"] = file_name(student, taken)
        return known["key"]

    def enter(self, submissions: Sequence[Submission], others: Sequence[str] = ()) -> None:
        """Take in students, and those of a roster who handed in nothing."""
        for submission in submissions:
            self.key(submission.student)
            known = self.state["students"][submission.student]
            known |= {"name": submission.name or known.get("name", ""), "problem": submission.problem}
        for student in others:
            self.key(student)
        self.save()

    def result(self, exercise: str, student: str) -> Path:
        """Where a result is."""
        return self.folder / "results" / exercise / f"{self.key(student)}.json"

    def source(self, exercise: str, student: str) -> Path:
        """Where the file that was graded is."""
        return self.folder / "sources" / exercise / f"{self.key(student)}.py"

    def read(self, exercise: str, student: str) -> Record | None:
        """A result; None where there is none, or it cannot be read."""
        try:
            record = json.loads(self.result(exercise, student).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and record.get("student") == student and "checks" in record else None

    def write(self, record: Record) -> None:
        """Keep a result."""
        path = self.result(record["exercise"], record["student"])
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(record, indent=1))

    def exercises(self) -> list[str]:
        """Exercises that have results."""
        return sorted(path.name for path in (self.folder / "results").glob("*") if path.is_dir())

    def records(self) -> list[Record]:
        """Every result, by exercise and student."""
        found = (self.read(exercise, student) for exercise in self.exercises() for student in sorted(self.state["students"]))
        return [record for record in found if record is not None]


# -- grading -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """One file of one student."""

    exercise: str
    student: str
    handed: Handed
    path: Path
    seed: str


def grade_all(submissions: Sequence[Submission], checks: Mapping[str, Path], store: Store, secret: bytes, *,
              others: Sequence[str] = (), workers: int = 2, executor: Executor | None = None, tier: str = "process",
              mistakes: bool = True, progress: Callable[[int, int, str], None] | None = None) -> tuple[int, int]:
    """Grade what is not graded yet, each file of each student on numbers of the student's own.

    Parameters
    ----------
    submissions : as `edugen.grading.submissions.collect` gives them
    checks : the checks of each exercise
    store : where results go
    secret : of which the official seeds are made
    others : students of a roster, who get zeros where they handed in nothing
    workers : sessions side by side on this machine
    executor : where to grade instead, anything like `concurrent.futures.Executor`; its workers need edugen
    tier : of isolation, by name
    mistakes : whether to name known mistakes, where the mutants are at hand
    progress : called with the number done, the number in all, and the student just graded

    Returns
    -------
    number graded now, number that was graded before

    Raises
    ------
    ChecksChanged
        when results are there from other checks than these: `regrade` shows what would change
    RuntimeError
        when checks cannot be collected
    """
    store.enter(submissions, others)
    by_student = {s.student: s for s in submissions}
    jobs, done = [], 0
    for exercise, check in checks.items():
        now, before = sha256(check.read_bytes()), 0
        for student in sorted(store.state["students"]):
            submission = by_student.get(student)
            if submission is None and student not in others:
                continue                                                # of an earlier run: its result stays
            handed = submission.files.get(exercise) if submission else None
            handed = handed or Handed("", problem=(submission.problem if submission else "") or ABSENT)
            seed, known = official_seed(secret, student, exercise), store.read(exercise, student)
            same = known is not None and known["seed"] == seed and known["sha256"] == _sha256_of(handed)
            if same and known is not None and known["check"] != now:
                before += 1
            elif same and known is not None and (handed.source is not None or known["problem"] == handed.problem):
                done += 1
            else:
                jobs.append(Job(exercise, student, handed, store.source(exercise, student), seed))
        if before:
            raise ChecksChanged(f"the checks of {exercise} are not those by which {before} submission{'s' * (before > 1)} "
                                "were graded")
    total = len(jobs)
    with closing(_graded(jobs, checks, workers, executor, tier, mistakes)) as graded:     # an interrupt here ends the sessions
        for n, record in enumerate(graded, 1):
            store.write(record)
            if progress is not None:
                progress(n, total, record["student"])
    return total, done


def sha256(data: bytes) -> str:
    """A fingerprint of a file."""
    return hashlib.sha256(data).hexdigest()


def _sha256_of(handed: Handed) -> str | None:
    return sha256(handed.source) if handed.source is not None else None


def _graded(jobs: Sequence[Job], checks: Mapping[str, Path], workers: int, executor: Executor | None, tier: str,
            mistakes: bool) -> Generator[Record, None, None]:
    """Records, as they come."""
    if executor is not None:
        chunks = [list(group[i:i + CHUNK]) for stem in checks for group in [[job for job in jobs if job.exercise == stem]]
                  for i in range(0, len(group), CHUNK)]
        futures = [executor.submit(grade_elsewhere, checks[chunk[0].exercise].parent.name, checks[chunk[0].exercise].name,
                                   checks[chunk[0].exercise].read_bytes(), chunk, tier) for chunk in chunks]
        failed: BaseException | None = None
        try:
            for future in as_completed(futures):                        # one that fails does not lose the others' work
                if (error := future.exception()) is not None:
                    failed = failed or error
                else:
                    yield from future.result()
        finally:
            for future in futures:                                      # stopped: those that wait need not begin
                future.cancel()
        if failed is not None:
            raise failed
        return
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    ready: queue.SimpleQueue[Record | BaseException | None] = queue.SimpleQueue()
    known = {stem: Misconceptions(check) for stem, check in checks.items()} if mistakes else {}
    workers = max(1, min(workers, len(jobs)))
    desks = [Desk(checks, known, tier) for _ in range(workers if jobs else 0)]
    for job in jobs:
        waiting.put(job)

    def work(desk: Desk) -> None:
        try:
            while not desk.stopped:
                ready.put(desk.grade(waiting.get_nowait()))
        except queue.Empty:
            pass
        except BaseException as error:
            ready.put(error)
        finally:
            desk.close()
            ready.put(None)

    with ThreadPoolExecutor(workers) as threads:
        for desk in desks:
            threads.submit(work, desk)
        try:
            working = len(desks)
            while working:
                record = ready.get()
                if isinstance(record, BaseException):
                    raise record
                if record is None:
                    working -= 1
                else:
                    yield record
        finally:
            for desk in desks:
                desk.stop()


class Desk:
    """Where submissions are graded one after another: a session of one exercise at a time, replaced when it ends."""

    def __init__(self, checks: Mapping[str, Path], known: Mapping[str, Misconceptions], tier: str) -> None:
        self.checks, self.known, self.tier = checks, known, tier
        self.exercise = ""
        self.session: Session | None = None
        self.stopped = False

    def grade(self, job: Job) -> Record:
        """The record of one job, whatever becomes of the sessions."""
        check = self.checks[job.exercise]
        facts = {"student": job.student, "exercise": job.exercise, "file": job.handed.name, "problem": job.handed.problem,
                 "check": sha256(check.read_bytes()), "graded": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        if job.handed.source is None:
            job.path.unlink(missing_ok=True)
            return {**zero(self._session(job.exercise).manifest, job.handed.problem), "seed": job.seed, **facts}
        job.path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(job.path, job.handed.source)
        run = Run(str(job.path), job.seed, tier=self.tier)
        report: Record | None = None
        for _ in range(2):                          # a session that a submission has ended is not the next one's fault
            try:
                session = self._session(job.exercise)
                found = session.grade(run)
                if found["sha256"] != sha256(job.handed.source):
                    raise SessionEnded("another file was graded than the one that was handed in")
                report = found
                if job.exercise in self.known:
                    self.known[job.exercise].name(report, session, run)
                break
            except SessionEnded as error:
                self.close()
                if self.stopped:
                    raise
                reason = f"the grader was ended twice while it graded this file ({str(error).splitlines()[0][:200]})"
        if report is None:
            report = {**zero(self._session(job.exercise).manifest, reason), "seed": job.seed, "isolation": self.tier,
                      "sha256": _sha256_of(job.handed)}
            facts["problem"] = reason
        for entry in report["checks"]:              # how to see hints is said by whoever hands this on
            entry["message"] = re.sub(r"(\A|\n)Stuck\? Run this with --hints.*", "", entry["message"])
        return {**report, **facts, "submission": job.handed.name}

    def _session(self, exercise: str) -> Session:
        if self.session is None or self.exercise != exercise:
            self.close()
            self.exercise, self.session = exercise, Session(self.checks[exercise])
        if self.stopped:
            raise SessionEnded("stopped")
        return self.session

    def stop(self) -> None:
        """End what another thread is grading here, at once; that thread gets SessionEnded."""
        self.stopped = True
        if (session := self.session) is not None:
            session.kill()

    def close(self) -> None:
        """End the session."""
        if self.session is not None:
            self.session.close(now=True)
        self.session = None


def zero(manifest: Record, reason: str) -> Record:
    """The report of what was not graded: every check at zero, and why."""
    checks = [{**check, "earned": 0, "status": "not run", "message": reason} for check in manifest["checks"]]
    return {**manifest, "checks": checks, "submission": "", "sha256": None, "earned": 0, "seconds": 0.0}


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    os.replace(temporary, path)


def grade_elsewhere(folder: str, name: str, check: bytes, jobs: Sequence[Job], tier: str) -> list[Record]:
    """A few jobs of one exercise, on whatever machine this is: it is given all that it needs but edugen."""
    with tempfile.TemporaryDirectory(prefix="edugen-batch-", ignore_cleanup_errors=True) as top:
        path = Path(top, "exercises", folder, name)
        path.parent.mkdir(parents=True)
        path.write_bytes(check)
        desk = Desk({jobs[0].exercise: path}, {}, tier)
        try:
            return [desk.grade(Job(job.exercise, job.student, job.handed, Path(top, f"{n}.py"), job.seed))
                    for n, job in enumerate(jobs)]
        finally:
            desk.close()


# -- after a check was mended ------------------------------------------------------------------------------------------


def regrade(store: Store, checks: Mapping[str, Path], secret: bytes, **options: Any) -> Store:
    """The same files graded by the checks as they are now, beside the results that were published.

    Only exercises whose checks changed are graded again, and students' files are those that were kept. `changes` shows what
    it comes to; `publish` puts the new results in place of the old.
    """
    again = Store(store.folder / "regraded")
    again.state["students"] = {student: dict(entry) for student, entry in store.state["students"].items()}
    changed = {exercise: check for exercise, check in checks.items() if any(
        record["check"] != sha256(check.read_bytes()) for record in store.records() if record["exercise"] == exercise)}
    for exercise in set(again.exercises()) - set(changed):
        shutil.rmtree(again.folder / "results" / exercise)
    submissions = []
    for student in sorted(store.state["students"]):
        files = {}
        for exercise in changed:
            record, source = store.read(exercise, student), store.source(exercise, student)
            if record is not None:
                data = source.read_bytes() if source.exists() and record["sha256"] else None
                files[exercise] = Handed(record["file"], data, record["problem"] if data is None else "")
        if files:
            submissions.append(Submission(student, files, store.state["students"][student].get("name", "")))
    for exercise, check in changed.items():         # graded by checks that have changed again since: out of date
        for path in (again.folder / "results" / exercise).glob("*.json"):
            if json.loads(path.read_text(encoding="utf-8")).get("check") != sha256(check.read_bytes()):
                path.unlink()
    if changed:
        grade_all(submissions, changed, again, secret, **options)
    return again


def changes(store: Store, again: Store) -> list[dict[str, Any]]:
    """What differs between two gradings: student, exercise, check, points before and after."""
    rows = []
    for record in again.records():
        before = store.read(record["exercise"], record["student"])
        old = {check["name"]: check for check in before["checks"]} if before else {}
        new = {check["name"]: check for check in record["checks"]}
        for name in [*new, *(name for name in old if name not in new)]:
            was, now = old.get(name), new.get(name)
            if was is None or now is None or was["earned"] != now["earned"] or was["points"] != now["points"]:
                rows.append({"student": record["student"], "exercise": record["exercise"], "check": name,
                             "before": was["earned"] if was else None, "of": was["points"] if was else None,
                             "after": now["earned"] if now else None, "of now": now["points"] if now else None})
    return rows


def publish(store: Store, again: Store) -> None:
    """Put the results of a regrading in place of the old."""
    for record in again.records():
        store.write(record)
    shutil.rmtree(again.folder)
