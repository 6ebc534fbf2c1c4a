#!/usr/bin/env python3
"""Reads a .vmatlas file (docs/file-format.md) with Python's standard library and prints each snapshot's sums by type, and what each
trace comes to, in bytes."""
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


def chunks(path):
    """(kind, payload) of each chunk; stops at a torn tail."""
    data = open(path, "rb").read()
    version, length = struct.unpack_from("<HH", data, 12)
    if data[:12] != b"\x89VMATLAS\r\n\x1a\n" or version != 1:
        sys.exit(f"{path}: not a .vmatlas file of version 1")
    at = 16 + length
    while at + 16 <= len(data):
        kind, inflated, stored, crc = struct.unpack_from("<4sIII", data, at)
        payload = data[at + 16:at + 16 + stored]
        if len(payload) < stored or zlib.crc32(payload, zlib.crc32(data[at:at + 12])) != crc:
            sys.exit(f"{path}: damaged at byte {at}; what is before it is whole")
        at += 16 + stored
        yield kind, payload


def snapshots(path):
    """(seconds since 1970, tables, texts) of each snapshot."""
    texts, tables = [b""], None
    for kind, payload in chunks(path):
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


def events(data):
    """(nanoseconds, operation, function, thread, address, size, site, weight) of a chunk of a trace."""
    cursor = Cursor(data)
    count, time, kinds, sites, before = cursor.varint(), cursor.varint() >> 5, [], [], 0
    for _ in range(cursor.varint()):
        operation, function = cursor.bytes(2)
        kinds.append((operation, function, cursor.varint(), *cursor.bytes(2)))
    for _ in range(cursor.varint()):
        before = unzigzag(cursor.varint(), before)
        sites.append(before)
    by_kind, last = cursor.bytes(1)[0], {}
    numbers, times, addresses, sizes, site_numbers, others = [Cursor(cursor.bytes(cursor.varint())) for _ in range(6)]
    for _ in range(count):
        number = numbers.varint()
        operation, function, thread, _, fields = kinds[number]
        time += times.varint()
        context, shift = number if by_kind else thread, 0 if fields & 32 else 4
        address = last[context] = unzigzag(addresses.varint(), last.get(context, 0) >> shift) << shift & MASK
        size = sizes.varint() if fields & 1 else 0
        site = sites[site_numbers.varint()] if fields & 2 else 0
        for _ in range((fields >> 2 & 1) + (fields >> 3 & 1)):
            others.varint()  # old address, old size
        weight = struct.unpack("<d", others.bytes(8))[0] if fields & 16 else 1
        yield time << 5, operation, function, thread, address, size, site, weight


def traces(path):
    """{number: facts of a trace} with what it comes to: blocks asked for by malloc and its like, and those still live at its end."""
    found = {}
    for kind, payload in chunks(path):
        if kind not in (b"TRAC", b"TEVT"):
            continue
        number, content = struct.unpack_from("<I", payload)[0], zlib.decompress(payload[8:])
        if kind == b"TRAC":
            cursor = Cursor(content)
            found[number] = {"pid": cursor.varint(), "parent": cursor.varint(), "command": cursor.text(), "events": 0, "bytes": 0, "count": 0, "live": {}}
            continue
        trace = found[number]
        for _, operation, _, _, address, size, _, weight in events(content):
            trace["events"] += 1
            if operation in (1, 3) and address:  # handed out, or resized
                trace["live"][address] = stands_for = size if weight == 1 else round(size * weight)
                trace["bytes"] += stands_for
                trace["count"] += weight
            elif operation == 2:
                trace["live"].pop(address, None)
    return found


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
    for trace in traces(sys.argv[1]).values():
        print(f"trace of {trace['command']} {trace['pid']}: {trace['events']} events, {trace['bytes']} bytes in {trace['count']:.0f} blocks, "
              f"{sum(trace['live'].values())} bytes in {len(trace['live'])} live")
