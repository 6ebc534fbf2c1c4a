// Every form of operator new, with sizes that occur nowhere else; deleted by every form of delete when an argument is given.
#include <cstdio>
#include <cstdlib>
#include <new>

int main(int argc, char **)
{
    constexpr std::align_val_t wide{64};
    void *blocks[] = {
        operator new(60001), operator new[](60003), operator new(60005, std::nothrow), operator new[](60007, std::nothrow),
        operator new(60032, wide), operator new[](60096, wide), operator new(60160, wide, std::nothrow), operator new[](60224, wide, std::nothrow),
    };
    if (argc > 1) {
        operator delete(blocks[0]);
        operator delete[](blocks[1], 60003);
        operator delete(blocks[2], std::nothrow);
        operator delete[](blocks[3]);
        operator delete(blocks[4], 60032, wide);
        operator delete[](blocks[5], wide);
        operator delete(blocks[6], wide, std::nothrow);
        operator delete[](blocks[7], wide);
    }
    // A new that fails throws through our hooks.
    try {
        volatile size_t much = ~size_t{0} >> 2;
        blocks[0] = operator new(much);
    } catch (const std::bad_alloc &) {
        std::puts("caught");
    }
    std::fflush(stdout);
    return blocks[0] == nullptr;
}
