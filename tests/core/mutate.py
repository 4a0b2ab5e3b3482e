#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the core's sources with a switch at each guard: its mutants, all in one program.

usage: mutate.py OUT_DIR LIST SOURCE...

Every part of a condition (an operand of && or ||, or the whole) in an if, a while, a ternary's head in brackets, a
returned or named bool is put into MUTANT(number, part). The program then runs with one of them forced to true or to
false: see mutants.hpp. LIST gets a line for each: number, file, function, part.
"""
import os
import re
import sys


def closing(text, at):
    """The index of what closes the bracket at `at`."""
    depth = 0
    while True:
        c = text[at]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                return at
        at += 1


def operands(text, begin, end):
    """(begin, end) of each operand of && and || at the top level of text[begin:end]; one when there is no operator."""
    cuts, at = [], begin
    while at < end:
        if text[at] in "([{":
            at = closing(text, at)
        elif text[at:at + 2] in ("&&", "||"):
            cuts.append(at)
            at += 1
        at += 1
    edges = [begin] + [edge for cut in cuts for edge in (cut, cut + 2)] + [end]
    return list(zip(edges[::2], edges[1::2]))


def strip(text, begin, end):
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    return begin, end


def parts(text, begin, end):
    begin, end = strip(text, begin, end)
    found = operands(text, begin, end)
    if len(found) > 1:
        for b, e in found:
            yield from parts(text, b, e)
        return
    inner = begin + (text[begin] == "!")
    if text[inner] == "(" and closing(text, inner) == end - 1:
        if len(operands(text, inner + 1, end - 1)) > 1:
            yield from parts(text, inner + 1, end - 1)
            return
    yield begin, end


def conditions(text):
    """(begin, end) of every condition."""
    for found in re.finditer(r"\b(?:if|while) \(", text):
        begin = found.end()
        end = closing(text, begin - 1)
        semicolon = text.rfind(";", begin, end)
        if semicolon >= 0:
            begin = semicolon + 1
        head = text[begin:end]
        if not re.match(r"\s*(?:const )?[A-Za-z_:]+[&*]? ?[&*]? ?\w+ = ", head):
            yield begin, end
    for found in re.finditer(r"\bconst bool \w+ =|(?<!\w)over &=|\breturn (?=[^;]*(?:&&|\|\||==|!=|[<>]=? ))", text):
        begin, end = found.end(), text.index(";", found.end())
        if "[" in text[begin:end] and "{" in text[begin:end]:  # a lambda: to its end
            end = begin
            while text[end] != ";":
                end = closing(text, end) + 1 if text[end] in "([{" else end + 1
        if "?" not in text[begin:end] and " = " not in text[begin:end].split("{")[0]:
            yield begin, end


def function_at(text, at):
    names = re.findall(r"^[A-Za-z][^;{}()]*?(\w+)\([^;{}]*\{$", text[:at], re.M)
    return names[-1] if names else "?"


def main():
    out_dir, listing, sources = sys.argv[1], sys.argv[2], sys.argv[3:]
    number, lines = 0, []
    for source in sources:
        with open(source) as file:
            text = file.read()
        marks, taken = [], set()
        for begin, end in conditions(text):
            for b, e in parts(text, begin, end):
                if text[b:e] in ("true", "false") or b in taken:
                    continue
                taken.add(b)
                marks.append((b, e))
        marks.sort()
        out, last = ["#include \"tests/core/mutants.hpp\"\n"], 0
        # An operand may hold a lambda with conditions of its own: those are inside, and come out nested.
        events = sorted([(b, 1, -e, n) for n, (b, e) in enumerate(marks)] + [(e, 0, -b, n) for n, (b, e) in enumerate(marks)])
        names = {}
        for at, opens, _, n in events:
            out.append(text[last:at])
            last = at
            if opens:
                names[n] = number
                out.append(f"MUTANT({number}, (")
                part = re.sub(r"\s+", " ", text[marks[n][0]:marks[n][1]])
                lines.append(f"{number}\t{os.path.basename(source)}\t{function_at(text, at)}\t{part}\n")
                number += 1
            else:
                out.append("))")
        out.append(text[last:])
        with open(os.path.join(out_dir, os.path.basename(source)), "w") as file:
            file.write("".join(out))
    with open(listing, "w") as file:
        file.writelines(lines)


main()
