"""Downloads, from a server on this machine: what comes whole, and what is said about what doesn't."""
import gzip
import hashlib
import io
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from edugen.data import DownloadFailed, binarized_mnist, dna, fashion_mnist, mnist, nltcs
from edugen.data import binary as binary_module
from edugen.data.download import Remote, cache_folder, fetch, sha256

CONTENT = bytes(range(256)) * 1000
GOOD = hashlib.sha256(CONTENT).hexdigest()
mnist_module = sys.modules["edugen.data.mnist"]                             # the function of this name hides it


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        folder, _, name = self.path[1:].partition("/")
        self.server.asked.append(self.path)
        content = self.server.files.get(name, CONTENT)
        if folder == "missing":
            self.send_error(404)
            return
        self.send_response(200)
        if folder != "endless":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:1000] if folder == "short" else content[::-1] if folder == "other" else content)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Below /good/ a file comes whole, /short/ cut, /other/ with another content, /missing/ not at all."""
    monkeypatch.setenv("EDUGEN_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.asked = {}, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def remote(server, *kinds, sha256=GOOD):
    return Remote("set/a.bin", [f"{server.url}/{kind}/a.bin" for kind in kinds], sha256)


def left(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache").rglob("*") if path.is_file())


def test_a_file_is_downloaded_once(server, tmp_path, capfd):
    path = fetch(remote(server, "good"))
    assert path == tmp_path / "cache" / "set" / "a.bin" and path.read_bytes() == CONTENT and sha256(path) == GOOD
    assert fetch(remote(server, "good")) == path and server.asked == ["/good/a.bin"]
    assert left(tmp_path) == ["a.bin"] and "Downloading" not in "".join(capfd.readouterr())       # pooch says nothing; we do


@pytest.mark.parametrize("kind, why", [
    ("short", "cut short"),
    ("other", rf"its content is another: SHA-256 {hashlib.sha256(CONTENT[::-1]).hexdigest()}, expected {GOOD}"),
    ("missing", "404 Not Found"),
])
def test_what_is_said_and_nothing_is_left(kind, why, server, tmp_path):
    with pytest.raises(DownloadFailed) as error:
        fetch(remote(server, kind))
    lines = str(error.value).splitlines()
    assert lines[0] == "cannot download a.bin:"
    assert lines[1].startswith(f"  {server.url}/{kind}/a.bin: ") and re.search(why, lines[1])
    assert lines[3].strip() == str(tmp_path / "cache" / "set" / "a.bin") and f"Its SHA-256 must be {GOOD}." in lines[4]
    assert isinstance(error.value, OSError) and left(tmp_path) == []
    (tmp_path / "cache" / "set" / "a.bin").write_bytes(CONTENT)             # by hand, as the message says
    assert fetch(remote(server, kind)).read_bytes() == CONTENT


def test_no_network(server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadFailed, match=r"no connection\nBy hand: .*put it at\n.*a\.bin\nIts SHA-256 must be .*EDUGEN_DATA"):
        fetch(remote(server, "good"))
    assert left(tmp_path) == []


def test_no_answer(server, tmp_path, monkeypatch):
    import requests

    def silent(*args, **options):
        raise requests.ReadTimeout
    monkeypatch.setattr(requests, "get", silent)
    with pytest.raises(DownloadFailed, match="no answer within 30 s"):
        fetch(remote(server, "good"))


@pytest.mark.parametrize("kinds", [("missing", "good"), ("short", "good"), ("other", "missing", "good")])
def test_the_next_mirror_is_tried(kinds, server, tmp_path):
    assert fetch(remote(server, *kinds)).read_bytes() == CONTENT
    assert server.asked == [f"/{kind}/a.bin" for kind in kinds] and left(tmp_path) == ["a.bin"]


def test_every_mirror_is_told_when_none_works(server):
    with pytest.raises(DownloadFailed, match=r"(?s)missing/a\.bin: 404.*short/a\.bin: cut short"):
        fetch(remote(server, "missing", "short"))


def test_a_damaged_file_in_the_cache_is_told_and_kept(server, tmp_path):
    path = fetch(remote(server, "good"))
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(ValueError, match=rf"a\.bin is damaged, or another file: .*expected {GOOD}\. Delete it and call again"):
        fetch(remote(server, "good"))
    assert path.exists() and len(server.asked) == 1


# Without a published hash


def test_first_copy_is_trusted_and_remembered(server, tmp_path):
    unknown = remote(server, "good", sha256=None)
    path = fetch(unknown)
    assert left(tmp_path) == ["a.bin", "a.bin.sha256"]
    assert path.with_name("a.bin.sha256").read_text() == f"{GOOD}  a.bin\n"
    fetch(unknown)
    path.write_bytes(CONTENT[::-1])
    with pytest.raises(ValueError, match="is damaged, or another file"):
        fetch(unknown)
    path.unlink()                                                           # the record stays: the next copy must be the same
    with pytest.raises(DownloadFailed, match="its content is another"):
        fetch(remote(server, "other", sha256=None))
    assert fetch(unknown).read_bytes() == CONTENT


def test_a_cut_file_is_noticed_without_a_hash_too(server, tmp_path):
    with pytest.raises(DownloadFailed, match="cut short(.|\n)*Its SHA-256 is not known; the first copy is trusted"):
        fetch(remote(server, "short", sha256=None))
    assert left(tmp_path) == []


def test_a_length_that_nobody_promised(server):
    assert fetch(remote(server, "endless")).read_bytes() == CONTENT


# Bar, folder, pooch


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bar_counts_bytes(server, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    path = fetch(remote(server, "good"))
    assert "a.bin: 100%" in sys.stderr.getvalue() and "256k/256k" in sys.stderr.getvalue()
    path.unlink()
    monkeypatch.setattr(sys, "stderr", Terminal())
    fetch(remote(server, "good"), progress=False)
    assert not sys.stderr.getvalue()


def test_ctrl_c_leaves_nothing(server, tmp_path, monkeypatch):
    import requests

    def interrupted(self, size):
        yield CONTENT[:100]
        raise KeyboardInterrupt
    monkeypatch.setattr(requests.Response, "iter_content", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(remote(server, "good"))
    assert left(tmp_path) == []


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("EDUGEN_DATA", "~/sets")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert cache_folder() == tmp_path / "sets"
    monkeypatch.delenv("EDUGEN_DATA")
    assert cache_folder().name == "data" and "edugen" in str(cache_folder())


def test_without_pooch(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r'pip install "edugen\[course\]"'):
        fetch(Remote("a", ["http://127.0.0.1:9/a"]))


# The sets, with files of their form -------------------------------------------------------------------------------------


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(head + array.astype(np.uint8).tobytes())


@pytest.mark.parametrize("load, mirrors", [(mnist, "MNIST"), (fashion_mnist, "FASHION")])
def test_images(load, mirrors, server, tmp_path, monkeypatch, rng):
    x, y, x_test, y_test = (rng.integers(256, size=(50, 28, 28)), rng.integers(10, size=50),
                            rng.integers(256, size=(9, 28, 28)), rng.integers(10, size=9))
    hashes = f"{mirrors}_SHA256"
    names = list(getattr(mnist_module, hashes))
    server.files = dict(zip(names, map(idx, (x, y, x_test, y_test)), strict=True))
    monkeypatch.setattr(mnist_module, mirrors, (f"{server.url}/missing/", f"{server.url}/good/"))
    monkeypatch.setattr(mnist_module, hashes, {name: hashlib.sha256(server.files[name]).hexdigest() for name in names})
    monkeypatch.setattr(mnist_module, "HELD_OUT", 20)
    train, validation, test = load()
    assert train.x.shape == (30, 784) and train.x.dtype == np.float32 and train.y.dtype == np.int64
    np.testing.assert_allclose(np.concatenate([train.x, validation.x, test.x]) * 255,
                               np.concatenate([x, x_test]).reshape(59, 784), rtol=1e-6)
    np.testing.assert_array_equal(np.concatenate([train.y, validation.y, test.y]), np.concatenate([y, y_test]))
    assert [len(part.y) for part in (train, validation, test)] == [30, 20, 9] and train.x.max() <= 1
    for name in names:
        with pytest.raises(ValueError, match="damaged"):
            path = next((tmp_path / "cache").rglob(name))
            path.write_bytes(server.files[name][:-1])
            load()
        path.write_bytes(server.files[name])


def rows(x, separator):
    return "".join(separator.join(map(str, row)) + "\n" for row in x).encode()


def test_binarized(server, monkeypatch, rng):
    parts = [rng.integers(2, size=(n, 784)) for n in (5, 3, 2)]
    server.files = dict(zip(mnist_module.BINARIZED_SHA256, (rows(x, " ") for x in parts), strict=True))
    monkeypatch.setattr(mnist_module, "BINARIZED", (f"{server.url}/good/",))
    monkeypatch.setattr(mnist_module, "BINARIZED_SHA256",
                        {name: hashlib.sha256(content).hexdigest() for name, content in server.files.items()})
    for found, x in zip(binarized_mnist(), parts, strict=True):
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, x)


def test_binary_sets(server, monkeypatch, rng, tmp_path):
    monkeypatch.setattr(binary_module, "MIRRORS", (f"{server.url}/missing/", f"{server.url}/good/"))
    sizes = {"train": 16181, "valid": 2157, "test": 3236}
    parts = {part: rng.integers(2, size=(n, 16)) for part, n in sizes.items()}
    server.files = {f"nltcs/nltcs.{part}.data": rows(x, ",") for part, x in parts.items()}
    for found, x in zip(nltcs(), parts.values(), strict=True):
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, x)
    assert len(left(tmp_path)) == 6
    server.files = {"dna/dna.train.data": rows(rng.integers(2, size=(1599, 180)), ",")}
    with pytest.raises(ValueError, match=r"dna\.train\.data has 1599 rows, and dna's train set 1600: it is another file"):
        dna()
    (tmp_path / "cache" / "dna" / "dna.train.data").write_bytes(b"<html>no such page</html>")
    (tmp_path / "cache" / "dna" / "dna.train.data.sha256").unlink()
    with pytest.raises(ValueError, match="must hold rows of 180 zeros and ones, got 0 of them among other characters"):
        dna()


def test_hashes_are_of_the_right_form():
    hashes = [*mnist_module.MNIST_SHA256.values(), *mnist_module.FASHION_SHA256.values(), *mnist_module.BINARIZED_SHA256.values()]
    assert all(len(bytes.fromhex(value)) == 32 for value in hashes) and len(set(hashes)) == 11
