namespace VmAtlas.Model;

public static partial class Glossary
{
    static readonly GlossaryEntry[] s_terms =
    [
        Term("Address space", "All the addresses a process could use: 128 TB on an ordinary 64-bit system.",
            "Each process has its own. Most of it is empty, and an address costs nothing until something is put there."),
        Term("Page", "The unit in which the system hands out memory: 4 KB on most machines.",
            "Touching one byte of a page costs the whole page."),
        Term("Mapping", "One range of addresses as the system keeps it, with one access and one origin.",
            "On Linux a VMA: one line of /proc/PID/maps."),
        Term("Region", "What was asked for as one thing and is shown as one row: a library, a thread's stack, an arena.",
            "It is made of one or more blocks."),
        Term("Block", "One row below a region: a mapping, or a named part of one.", "For instance the section .text of a library."),
        Term("Reserved", "Address space set aside for later, with nothing behind it.",
            "Touching it is an error until it is committed. Runtimes reserve many gigabytes so that their heap can grow in one piece."),
        Term("Working set", "What of a process is in physical memory now. Linux calls it the resident set.", "See Total WS."),
        Term("RSS", "Resident set size: Linux's name for the working set.", "See Total WS."),
        Term("Copy on write", "Two processes share a page until one of them writes, and that one then gets a copy of its own.",
            "It is how fork is cheap, and why the variables of a library are private while its code is shared."),
        Term("Page fault", "The processor's call to the kernel when a program touches a page that is not there.",
            "The kernel brings the page, from disk or filled with zeros, and the program goes on without noticing."),
        Term("Swap", "Space on disk, or compressed in memory, where pages go that nobody touched for long.",
            "A program that needs them again waits."),
        Term("Guard", "A range that may not be touched, next to one that must not overflow.",
            "A stack's guard makes endless recursion a crash."),
        Term("Arena", "One of several heaps of an allocator, so that threads need not wait for each other.",
            "Each arena keeps its own freed memory, so a program with many threads keeps more."),
        Term("Fragmentation", "Free space in pieces too small to be used.",
            "In an address space it matters when one large piece is wanted; in a heap it keeps memory from being given back."),
        Term("Overcommit", "Promising more memory than there is, because programs seldom use all they ask for.",
            "When too many keep their word at once the kernel ends one of them (the OOM killer)."),
        Term("cgroup", "A group of processes with limits of its own: how containers get theirs.",
            "Its count also has file pages that its processes read and the kernel keeps, which no process's map shows."),
        Term("Snapshot", "The whole address space of one process at one moment.", "Compare two to see what an action cost."),
        Term("Timeline", "Snapshots of one process in order of time."),
        Term("ASLR", "Address space layout randomisation: programs, libraries and stacks lie elsewhere at each start.",
            "So two runs are compared by what a region is, not by where."),
        Term("NUMA", "A machine whose processors each have memory of their own nearby; the other's is slower to reach."),
    ];

    static GlossaryEntry Term(string title, string brief, string more = "") =>
        new(GlossaryKind.Term, title.ToLowerInvariant().Replace(' ', '-'), title, brief, more);
}
