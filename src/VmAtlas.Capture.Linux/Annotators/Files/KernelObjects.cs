using System.Text;

namespace VmAtlas.Capture.Linux.Annotators.Files;

/// <summary>Memory that the kernel or a driver shares with the program through a file descriptor: rings, buffers, devices.</summary>
/// <remarks>
/// Evidence is the name that the kernel gives the mapping: of the anonymous inode (anon_inodes.c and its callers), of a pseudo file system (dma-buf, aio),
/// of a socket, or of the device's file. What a device maps is its driver's affair: the name says whose it is and what such devices mostly map.
/// Wrong where a device's file was given another's name.
/// </remarks>
static class KernelObjects
{
    /// <summary>Offsets that say which part of an io_uring is mapped: IORING_OFF_… of linux/io_uring.h.</summary>
    const ulong CompletionRing = 0x8000000, SubmissionEntries = 0x10000000, BufferRings = 0x80000000;

    /// <summary>How the names begin, and what such memory is.</summary>
    static readonly (string Prefix, string What)[] s_objects =
    [
        ("anon_inode:[perf_event]", "ring of perf events"), ("anon_inode:bpf-map", "BPF map"), ("anon_inode:kvm-vcpu", "KVM virtual processor"),
        ("anon_inode:i915.gem", "graphics memory (i915)"), ("anon_inode:", "object of the kernel"), ("/dmabuf:", "DMA buffer"),
        ("/[aio]", "ring of asynchronous I/O (io_setup)"), ("socket:[", "ring of a packet or XDP socket"),
    ];

    /// <summary>Devices by how their paths begin.</summary>
    static readonly (string Prefix, string What)[] s_devices =
    [
        ("/dev/dri/", "graphics memory"), ("/dev/nvidia", "graphics memory (NVIDIA)"), ("/dev/kfd", "compute memory (AMD)"), ("/dev/mali", "graphics memory (Mali)"),
        ("/dev/kgsl", "graphics memory (Adreno)"), ("/dev/fb", "frame buffer"), ("/dev/dma_heap/", "DMA buffer"), ("/dev/udmabuf", "DMA buffer"),
        ("/dev/infiniband/", "RDMA device"), ("/dev/vfio/", "device given to this process (VFIO)"), ("/dev/uio", "device driven from user space (UIO)"),
        ("/dev/video", "video buffers"), ("/dev/snd/", "sound ring"), ("/dev/mem", "physical memory"), ("/dev/binder", "binder transactions"),
        ("/dev/ashmem", "shared memory (ashmem)"),
    ];

    /// <summary>What an object without a path is, or null for no such name.</summary>
    /// <param name="offset">Where in the object the mapping begins.</param>
    public static string? Object(ReadOnlySpan<byte> name, ulong offset) =>
        name.SequenceEqual("anon_inode:[io_uring]"u8) ? Ring(offset) : Find(s_objects, name);

    /// <summary>What a device's memory is, or null for a device not known.</summary>
    public static string? Device(ReadOnlySpan<byte> path) => Find(s_devices, path);

    static string Ring(ulong offset) => offset switch
    {
        < CompletionRing => "io_uring: rings",
        < SubmissionEntries => "io_uring: completion ring",
        < BufferRings => "io_uring: submission entries",
        _ => "io_uring: ring of buffers",
    };

    static string? Find((string Prefix, string What)[] known, ReadOnlySpan<byte> name)
    {
        foreach (var (prefix, what) in known)
        {
            if (name.Length >= prefix.Length && Ascii.Equals(name[..prefix.Length], prefix))
                return what;
        }
        return null;
    }
}
