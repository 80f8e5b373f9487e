"""The layout as native/include/layout/*.h declares it, one fact a line: where each member lies, how large each struct is,
and what each constant is. The compiler has checked the offsets and sizes: they are taken from the assertions."""

import re
from pathlib import Path

HEADERS = Path(__file__).resolve().parents[1] / "native" / "include" / "layout"


def _uncommented(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def _facts(text):
    for struct, member, offset in re.findall(r"IPC_AT\((\w+), ([\w.\[\]]+), ([^;]+)\);", text):
        yield f"offset {struct}.{member} {offset}"
    for struct, size in re.findall(r"IPC_ASSERT\(sizeof\(struct (\w+)\) == ([^)]+)\)", text):
        yield f"size {struct} {size}"
    for name, value in re.findall(r"^#define (IPC_[A-Z_0-9]+) (.+)$", text, flags=re.M):
        yield f"constant {name} {value}"
    for name, body in re.findall(r"enum (\w+) \{(.*?)\}", text, flags=re.S):
        for constant in re.findall(r"(\w+)\s*=\s*([^,\s}][^,}]*)", body):
            yield f"constant {name}.{constant[0]} {constant[1].strip()}"
    for name, body in re.findall(r"struct (\w+) \{(.*?)\n\};", text, flags=re.S):
        for kind, member in re.findall(r"^\s*((?:struct )?\w+) ([^;]+);", body, flags=re.M):
            yield f"member {name}.{member} {kind}"


def describe():
    facts = set()
    for header in sorted(HEADERS.glob("*.h")):
        facts.update(_facts(_uncommented(header.read_text())))
    return "".join(f"{fact}\n" for fact in sorted(facts))


def version():
    """IPC_LAYOUT_VERSION."""
    return int(re.search(r"^constant IPC_LAYOUT_VERSION (\d+)u$", describe(), re.M)[1])

