#!/usr/bin/env python3
"""Reads a .vmatlas file (docs/file-format.md) with Python's standard library and prints each snapshot's sums by type, in bytes."""
import struct
import sys
import zlib

TYPES = ["Image", "Mapped File", "Shareable", "Heap", "Managed Heap", "Stack", "Private Data"]
MASK = (1 << 64) - 1


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def bytes(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def text(self):
        return self.bytes(self.varint()).decode()


def unzigzag(value, before):
    return (before + ((value >> 1) ^ -(value & 1))) & MASK


def column(cursor, rows):
    """One value a row: plain, or each the difference to the one before."""
    head, before, values = cursor.bytes(1)[0], 0, []
    for _ in range(rows):
        before = unzigzag(cursor.varint(), before) if head & 64 else cursor.varint()
        values.append(before << (head & 63) & MASK)
    return values


def key_frame(data):
    """{table: {column: values}}, all in the order of the file: delta frames call them by number."""
    cursor, tables = Cursor(data), {}
    for _ in range(cursor.varint()):
        name, rows, columns = cursor.text(), cursor.varint(), {}
        for _ in range(cursor.varint()):
            title, content = cursor.text(), Cursor(cursor.bytes(cursor.varint()))
            columns[title] = column(content, rows) if content.data else [0] * rows
        tables[name] = columns
    return tables


def delta_frame(tables, data):
    cursor = Cursor(data)
    for _ in range(cursor.varint()):
        columns = list(tables.values())[cursor.varint()]
        runs = [(cursor.varint(), cursor.varint(), cursor.varint()) for _ in range(cursor.varint())]
        inserted = []
        for title, values in columns.items():
            moved, at = [], 0
            for kept, removed, new in runs:
                moved += values[at:at + kept]
                inserted += range(len(moved), len(moved) + new) if title == next(iter(columns)) else []
                moved += [0] * new
                at += kept + removed
            columns[title] = moved + values[at:]
        for _ in range(cursor.varint()):
            values = columns[list(columns)[cursor.varint()]]
            if runs:
                for row, value in zip(inserted, column(cursor, len(inserted))):
                    values[row] = value
            shift, row = cursor.bytes(1)[0] & 63, -1
            for _ in range(cursor.varint()):
                row += 1 + cursor.varint()
                values[row] = unzigzag(cursor.varint(), values[row] >> shift) << shift & MASK


def snapshots(path):
    """(seconds since 1970, tables, texts) of each snapshot; stops at a torn tail."""
    data = open(path, "rb").read()
    version, length = struct.unpack_from("<HH", data, 12)
    if data[:12] != b"\x89VMATLAS\r\n\x1a\n" or version != 1:
        sys.exit(f"{path}: not a .vmatlas file of version 1")
    at, texts, tables = 16 + length, [b""], None
    while at + 16 <= len(data):
        kind, inflated, stored, crc = struct.unpack_from("<4sIII", data, at)
        payload = data[at + 16:at + 16 + stored]
        if len(payload) < stored or zlib.crc32(payload, zlib.crc32(data[at:at + 12])) != crc:
            sys.exit(f"{path}: damaged at byte {at}; what is before it is whole")
        at += 16 + stored
        if kind == b"STRS":
            cursor = Cursor(zlib.decompress(payload))
            first, count = cursor.varint(), cursor.varint()
            texts[first:] = [cursor.bytes(n) for n in [cursor.varint() for _ in range(count)]]
        elif kind in (b"KEYF", b"DELT"):
            ticks, content = struct.unpack_from("<q", payload)[0], zlib.decompress(payload[12:])
            if kind == b"KEYF":
                tables = key_frame(content)
            else:
                delta_frame(tables, content)
            yield ticks / 1e7, tables, texts


def show(seconds, tables, texts):
    facts = {texts[k]: texts[t - 1] if t else n for k, t, n in zip(*tables["facts"].values())}
    print(f"{seconds:.3f} {facts[b'process.name'].decode()} {facts[b'process.pid']}")
    blocks, sums, begun = tables["blocks"], {}, 0
    for row, back in enumerate(blocks["regionBack"]):
        kind = tables["regions"]["type"][begun - back]
        begun += back == 0
        sums.setdefault(kind, dict.fromkeys(blocks, 0))
        for title in blocks:
            sums[kind][title] += blocks[title][row]
    for kind in sorted(sums):
        wanted = [t for t in ("size", "committed", "private", "totalWs", "privateWs", "pss") if t in blocks]
        print(f"  {TYPES[kind]}: " + ", ".join(f"{t} {sums[kind][t]}" for t in wanted))


if __name__ == "__main__":
    for snapshot in snapshots(sys.argv[1]):
        show(*snapshot)
