"""The list of the lectures' equations: whole, in order, a line each."""
from edugen.course import manifest
from edugen.course.labels import labels
from edugen.course.manifest import label_key


def test_every_equation_is_listed_once_in_order():
    names = list(labels())
    assert len(names) == 582 and sum(label.computable for label in labels().values()) == 550
    chapters = enumerate((7, 151, 35, 98, 69, 88), 1)
    by_lecture = {"Cho": [f"{chapter}.{n}" for chapter, last in chapters for n in range(1, last + 1)],
                  "Vidal": [f"V-{n}" for n in range(1, 74)], "Grover": [f"G-{n}" for n in range(1, 36)],
                  "ELBO note": [f"E-{n}" for n in range(1, 27)]}
    for lecture, expected in by_lecture.items():
        assert sorted((name for name in names if labels()[name].lecture == lecture), key=label_key) == expected


def test_descriptions_are_a_line_and_say_something():
    for label in labels().values():
        assert label.description == label.description.strip() and 5 < len(label.description) < 75 and "$" not in label.description
        assert label.kind in {"definition", "result", "derivation-step", "algorithm-update", "example"}
        assert 0 <= label.chapter <= 6 and (label.section[:1] == label.label[:1] if label.lecture == "Cho" else not label.section)


def test_a_label_belongs_to_the_chapter_whose_section_has_it(monkeypatch):
    assert labels()["G-23"].chapter == 5 and labels()["V-1"].chapter == 0
    one = manifest.read("""
        [[chapter]]
        number = 4
        package = "latent"
        title = "Latent"
        lecture = "Vidal"
        [[chapter.section]]
        number = "4.1"
        stem = "mixture"
        title = "Mixture"
        minutes = 10
        equations = ["V-15"]
    """)
    monkeypatch.setattr(manifest, "course", lambda: one)
    assert labels()["V-15"].chapter == 4
