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

from edugen.data import DownloadFailed, binarized_mnist, dna, fashion_mnist, mnist, mushrooms, nltcs
from edugen.data import binary as binary_module
from edugen.data.binary import read_bits
from edugen.data.download import Remote, cache_folder, fetch

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


def remote(server, *kinds):
    return Remote("set/a.bin", [f"{server.url}/{kind}/a.bin" for kind in kinds], GOOD)


def left(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache").rglob("*") if path.is_file())


def test_a_file_is_downloaded_once(server, tmp_path, capfd):
    path = fetch(remote(server, "good"))
    assert path == tmp_path / "cache" / "set" / "a.bin" and path.read_bytes() == CONTENT
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


def test_a_folder_that_cannot_be_made(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EDUGEN_DATA", str(tmp_path / "file"))
    with pytest.raises(DownloadFailed, match=r"cannot download a\.bin to .*file.set: .+\. EDUGEN_DATA names another folder"):
        fetch(remote(server, "good"))
    assert server.asked == []                                               # no mirror is at fault


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


def test_in_a_text_carriage_returns_do_not_count(server):
    lines = b"1,0,1\n" * 50_000                                             # so long that a piece ends between \r and \n
    server.files["a.txt"] = lines.replace(b"\n", b"\r\n")
    url, good = [f"{server.url}/good/a.txt"], hashlib.sha256(lines).hexdigest()
    path = fetch(Remote("a.txt", url, good, text=True))
    assert path.read_bytes() == server.files["a.txt"]
    assert fetch(Remote("a.txt", url, good, text=True)) == path and len(server.asked) == 1
    path.write_bytes(lines)                                                 # another copy of the same text
    assert fetch(Remote("a.txt", url, good, text=True)) == path
    path.write_bytes(lines[:-6] + b"1,1,1\n")
    with pytest.raises(ValueError, match="is damaged, or another file"):
        fetch(Remote("a.txt", url, good, text=True))
    path.unlink()
    with pytest.raises(DownloadFailed, match=f"its content is another(.|\n)*must be {good}, without carriage returns"):
        fetch(Remote("a.txt", [f"{server.url}/other/a.txt"], good, text=True))
    with pytest.raises(DownloadFailed, match="its content is another"):     # elsewhere they count
        fetch(Remote("a.txt", url, good))


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
    monkeypatch.setenv("EDUGEN_DATA", "")                                   # as good as not set
    assert cache_folder().name == "data" and cache_folder().is_absolute()
    monkeypatch.delenv("EDUGEN_DATA")
    assert cache_folder().name == "data" and "edugen" in str(cache_folder())


def test_without_pooch(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r'pip install "edugen\[course\]"'):
        fetch(Remote("a", ["http://127.0.0.1:9/a"], GOOD))


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


@pytest.mark.parametrize("load, columns", [(nltcs, 16), (dna, 180), (mushrooms, 112)])
def test_binary_sets(load, columns, server, monkeypatch, rng, tmp_path):
    name, parts = load.__name__, [rng.integers(2, size=(n, columns)) for n in (9, 2, 3)]
    files = [f"{name}/{name}.{part}.data" for part in ("train", "valid", "test")]
    server.files = {file: rows(x, ",") for file, x in zip(files, parts, strict=True)}
    with pytest.raises(DownloadFailed, match=rf"{name}\.train\.data: its content is another(.|\n)*{name}\.train\.data"):
        monkeypatch.setattr(binary_module, "MIRRORS", [f"{server.url}/good/"] * 2)
        load()                                                              # not the bits of the literature
    monkeypatch.setattr(binary_module, "MIRRORS", (f"{server.url}/missing/", f"{server.url}/good/"))
    monkeypatch.setattr(binary_module, "SHA256", {file.partition("/")[2]: hashlib.sha256(content).hexdigest()
                                                  for file, content in server.files.items()})
    for found, x in zip(load(), parts, strict=True):
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, x)
    assert left(tmp_path) == sorted(file.partition("/")[2] for file in files)


def test_what_is_no_table_of_bits(tmp_path):
    path = tmp_path / "a.data"
    path.write_bytes(b"<html>no such page</html>")
    with pytest.raises(ValueError, match="must hold rows of 180 zeros and ones, got 0 of them among other characters"):
        read_bits(path, 180)
    path.write_bytes(b"0,1\n1,0\n1")
    with pytest.raises(ValueError, match="must hold rows of 2 zeros and ones, got 5 of them. Delete"):
        read_bits(path, 2)
    path.write_bytes(b"0,1\r\n1,0\r\n")
    np.testing.assert_array_equal(read_bits(path, 2), [[0, 1], [1, 0]])


def test_hashes_are_of_the_right_form():
    hashes = [*mnist_module.MNIST_SHA256.values(), *mnist_module.FASHION_SHA256.values(), *mnist_module.BINARIZED_SHA256.values(),
              *binary_module.SHA256.values()]
    assert all(len(bytes.fromhex(value)) == 32 for value in hashes) and len(set(hashes)) == 20
