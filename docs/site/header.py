"""The C reference: a page from the comments and declarations of kinit.h. SPDX-License-Identifier: Apache-2.0"""

import re

from prose import markdown

SECTION = re.compile(r"/\* -+ (\d+\. .*?) -+ \*/")
BLOCK = re.compile(r"/\*.*?\*/", re.S)


def prose(comment):
    """The text of a comment."""
    lines = [re.sub(r"^ ?\* ?", "", line) for line in comment[2:-2].strip("\n").split("\n")]
    return markdown("\n".join(line.rstrip() for line in lines).strip())


def names(code):
    """What a block declares, for the headings."""
    found = re.findall(r"\b(kinit_\w+)\(", code) + re.findall(r"^\} (kinit_\w+);", code, re.M)
    found += re.findall(r"^typedef enum \w+ \{.*\} (kinit_\w+);", code, re.M)
    found += re.findall(r"^#define (KINIT_\w+)", code, re.M) + re.findall(r"^enum \{ (KINIT_\w+)", code, re.M)
    return list(dict.fromkeys(found))


def entry(chunk):
    comment = BLOCK.match(chunk)
    if not comment:
        return ""
    text, code = prose(comment.group()), chunk[comment.end():].strip()
    if not code:
        return text
    heading = ", ".join(f"`{name}`" for name in names(code))
    title = f"### {heading}\n\n" if heading else ""
    code = code.replace("KINIT_API ", "")
    return f"{title}{text}\n```c\n{code}\n```\n"


def reference(header):
    """Sections of the header become sections of the page, each comment with what follows it an entry."""
    parts = SECTION.split(header)
    pages = ["# C reference\n", "From `include/kinit/kinit.h`, which is the contract.\n", prose(BLOCK.match(parts[0]).group())]
    for title, body in zip(parts[1::2], parts[2::2]):
        body = body.split("#ifdef __cplusplus")[0].split("#if defined(KINIT_SHARED)")[0]
        pages.append(f"## {title}\n")
        pages += [entry(chunk.strip()) for chunk in re.split(r"\n\n|(?<=\*/)\n(?=/\*)", body) if chunk.strip()]
    return "\n".join(page for page in pages if page)
