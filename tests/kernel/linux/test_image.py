"""The image and what is restored from it, in processes of their own: to move one's memory can't be undone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kernel.linux.conftest import SEARCH

from bastide.base import play
from bastide.kernel.linux.layers import Isolation
from bastide.kernel.linux.spawner import Zygote

PRELUDE = """
import ctypes, gc, os, struct, threading
from bastide.kernel.linux import image, traces
from bastide.kernel.linux.memory import PAGE

def open_own(name):
    return os.open("/proc/self/" + name, os.O_RDONLY | os.O_CLOEXEC)

def make():
    return image.Image(image.writeable_regions(open_own("maps")))

def choose(made, pages, counts=(), warmups=()):
    choice = image.Choice(pages, counts, warmups)
    choice.look_up(made)
    image.choose(choice)

def shared(page):
    with open("/proc/self/pagemap", "rb") as pagemap:
        pagemap.seek(page // PAGE * 8)
        state = int.from_bytes(pagemap.read(8), "little")
    return not state >> 63 or bool(state >> 61 & 1)

content = bytearray(b"before" * PAGE)
first = (ctypes.addressof(ctypes.c_char.from_buffer(content)) // PAGE + 1) * PAGE
at = first - ctypes.addressof(ctypes.c_char.from_buffer(content))
"""


def run(program: str) -> str:
    """What the program prints."""
    done = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {SEARCH!r}\n" + PRELUDE + program],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout


def test_a_page_that_is_as_before_is_shared_again_and_another_keeps_its_content() -> None:
    assert run("""
made = make()
choose(made, [first, first + PAGE])
was = bytes(content)
content[at:at + 3] = content[at + PAGE:at + PAGE + 3] = b"new"
content[at:at + 3] = was[at:at + 3]
print(shared(first), shared(first + PAGE))
image.restore()
print(shared(first), shared(first + PAGE), content[at + PAGE:at + PAGE + 3], content[at:at + PAGE] == was[at:at + PAGE])
""").split("\n")[:2] == ["False False", "True False bytearray(b'new') True"]


def test_nothing_is_restored_while_there_are_other_threads() -> None:
    assert run("""
made = make()
choose(made, [first])
content[at] = content[at]
leash = threading.Event()
thread = threading.Thread(target=leash.wait)
thread.start()
image.restore()
print(shared(first))
leash.set()
thread.join()
image.restore()
print(shared(first))
""") == "False\nTrue\n"


def test_nobody_can_write_to_the_image() -> None:
    assert run("""
kept, close = [], os.close
os.close = kept.append
made = make()
os.close = close
print(sorted({line.split()[1] for line in open("/proc/self/maps") if "memfd:image" in line}))
for descriptor in kept:
    try:
        os.pwrite(descriptor, b"x", 0)
    except PermissionError as error:
        print("denied")
""") == "['r--p', 'rw-p']\ndenied\n"


def test_numbers_that_may_be_set_back_do_not_keep_a_page_from_being_shared_and_others_do() -> None:
    assert run("""
word, short = first // 8 + 5, first // 2 + 100
made = make()
choose(made, [first, first + PAGE], [word], [short])
image.words[word] = image.shorts[short] = 7
image.restore()
print(shared(first), image.words[word] == 7, image.shorts[short] == 7)
image.words[word] = image.shorts[short] = image.shorts[short + 1] = 7
image.words[word + PAGE // 8] = 7
image.restore()
print(shared(first), image.shorts[short + 1], shared(first + PAGE), image.words[word + PAGE // 8])
""") == "True False False\nFalse 7 False 7\n"


def test_a_scout_tells_which_pages_it_wrote_to_and_when() -> None:
    assert run("""
notebook = traces.Notebook(image.writeable_regions(open_own("maps")))
scout = os.fork()
if scout == 0:
    content[at] = 0
    notebook.started(open_own("pagemap"))
    content[at + PAGE] = 0
    notebook.ended(open_own("pagemap"))
    os._exit(0)
os.waitpid(scout, 0)
learnt = notebook.read()
print(first in learnt.start, first in learnt.later, first + PAGE in learnt.start, first + PAGE in learnt.later)
""") == "True True False True\n"


def test_objects_on_pages_that_a_start_writes_to_last_and_their_counts_are_set_back() -> None:
    assert run("""
class Held:
    pass

held = [Held() for _ in range(2000)]
homes = {id(one) // PAGE * PAGE: one for one in held}
traces.adopt(traces.Learnt([*homes], []), open_own("maps"), open_own("pagemap"))
page = next(page for page in homes if page in image._chosen.pages and shared(page))
one = homes[page]
more = [one] * 5000
print(shared(page) or sys.version_info < (3, 12))
image.restore()
print(shared(page))
address = id(one)
del more, one
held.clear()
homes.clear()
print(type(ctypes.cast(address, ctypes.py_object).value).__name__)
""") == "True\nTrue\nHeld\n"


def test_what_looks_like_an_object_and_is_none_is_left_alone() -> None:
    assert run("""
pair = tuple([str, str])                # its length lies where a string would have its count
pages = {id(pair) // PAGE * PAGE: None}
counts, _ = traces.bookkeeping(pages)
print(len(pair), id(pair) // 8 in counts or sys.version_info >= (3, 12), id(pair) // 8 + 2 in counts)
""") == "2 True False\n"


def test_calls_are_counted_anew_until_bytecode_is_specialised() -> None:
    assert run("""
def called():
    return 1

code = id(called.__code__)
page = code // PAGE * PAGE
counts, warmups = traces.bookkeeping({page: None, page + PAGE: None})
if sys.version_info[:2] != (3, 11):
    print(warmups == [])
else:
    place, = set(warmups) & set(range(code // 2, code // 2 + 64))
    before = image.shorts[place]
    called()
    called()
    print(image.shorts[place] == before + 2)
""") == "True\n"


def test_a_program_goes_on_as_if_nothing_was_restored() -> None:
    """All pages are chosen that were written to, at any time: what is in use must never get lost."""
    assert run("""
import collections, json, re, random
regions = image.writeable_regions(open_own("maps"))
made = image.Image(regions)
generator, seen = random.Random(1), collections.Counter()
for turn in range(60):
    pages = list(traces._own_pages(regions, pagemap := open_own("pagemap"), 1 << 63))
    os.close(pagemap)
    choose(made, pages)
    before = [generator.random() for _ in range(100)]
    image.restore()
    assert json.loads(json.dumps(before)) == before
    seen.update(re.findall("[0-9]", str(before)))
    if turn % 10 == 0:
        gc.collect()
expected = collections.Counter()
generator = random.Random(1)
for turn in range(60):
    expected.update(re.findall("[0-9]", str([generator.random() for _ in range(100)])))
print(seen == expected)
""") == "True\n"


def test_a_zygote_that_rehearsed_gives_components_pages_to_restore(log: tuple[int, int]) -> None:
    zygote = Zygote(entry="sandbox_probe:entry", preload=["bastide.base", play.ENTRY.partition(":")[0]], search=SEARCH,
                    library_fd=None, options=Isolation(), log_fd=log[1], play=play.__name__)
    try:
        answers, theirs = os.pipe()
        process = zygote.spawn("restored", [theirs], b'{"do": "restored"}')
        os.close(theirs)
        chosen, shared = (int(word) for word in os.read(answers, 100).strip(b"[]").split(b","))
        os.close(answers)
        assert (process.join().code, process.join().fault) == (0, "")
        process.close()
        assert chosen > 100 and shared > chosen // 2
        assert zygote.unrehearsed == ""
    finally:
        zygote.close()


def test_a_zygote_whose_host_lacks_the_means_starts_components_all_the_same(log: tuple[int, int],
                                                                            tmp_path: Path) -> None:
    (tmp_path / "bad_play.py").write_text("ENTRY = 'nowhere:main'\ndef binary(): raise OSError\n"
                                          "def cast(stage): raise OSError\ndef forget(): pass\n")
    zygote = Zygote(entry="sandbox_probe:entry", preload=[], search=[*SEARCH, str(tmp_path)], library_fd=None,
                    options=Isolation(), log_fd=log[1], play="bad_play")
    try:
        assert zygote.unrehearsed in ("[Errno 104] Connection reset by peer", "[Errno 32] Broken pipe",
                                      "[Errno 32] the other side of the rehearsal has ended")
        answers, theirs = os.pipe()
        process = zygote.spawn("restored", [theirs], b'{"do": "restored"}')
        os.close(theirs)
        assert os.read(answers, 100) == b"[0, 0]"
        os.close(answers)
        assert process.join().code == 0
        process.close()
    finally:
        zygote.close()
