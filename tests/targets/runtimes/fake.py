"""Pretends to be every runtime at once: files of their names are mapped, and memory is full of headers that are nearly right. Arguments: a folder
with the files, and a seed. Waits for the end of its input."""
import mmap
import os
import random
import struct
import sys

folder, seed = sys.argv[1], int(sys.argv[2])
chance = random.Random(seed)
kept = []
for name in os.listdir(folder):
    file = open(os.path.join(folder, name), "rb")
    kept.append((file, mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)))


def odd():
    """A number of the kind that programs forget to expect."""
    return chance.choice([0, 1, 8, 4096, 0xffeeffee, 1 << 18, (1 << 31) - 1, 1 << 32, 1 << 47, (1 << 63) - 1, (1 << 64) - 4096, (1 << 64) - 1, chance.getrandbits(64)])


def address_of(memory):
    import ctypes
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


for size in (1 << 18, 1 << 20, 8 << 20, 32 << 20):
    memory = mmap.mmap(-1, size)
    kept.append(memory)
    start = address_of(memory)
    for at in range(0, size, 4096):
        here = start + at
        words = [odd() if chance.random() < 0.3 else chance.choice([here, here + chance.randrange(1 << 19), 1 << 18, size, 4096, here + 4096]) for _ in range(18)]
        if chance.random() < 0.5:  # V8's page header, with an owner that leads back here
            words[:9] = [chance.choice([1 << 18, 4096, size, odd()]), 4, here & ~7, here + 256, here + chance.choice([4096, 1 << 17, odd() % (1 << 40)]), 0, 0, 0, here]
        elif chance.random() < 0.5:  # a pool of Python's
            words[:6] = [1, 0, here, here, 1 << 32, (16384 - 32) << 32 | 64]
        elif chance.random() < 0.5:  # a thread environment block of Wine's
            top = chance.choice([here + 4096 * chance.randrange(1, 4096), (1 << 64) - 4096, (1 << 47) - 4096])
            words[1:3] = [top, top - 4096]
            words[6], words[12] = here, odd()
            # The stack's bottom stands a page further on in the block.
            if at + 8192 <= size:
                struct.pack_into("<Q", memory, at + 0x370, top)
                struct.pack_into("<Q", memory, at + 4096 + 0x478, top - 8192)
        memory[at:at + len(words) * 8] = struct.pack("<%dQ" % len(words), *[w % (1 << 64) for w in words])
print("ready", flush=True)
sys.stdin.read()
