namespace VmAtlas.Capture.Tests;

public sealed class ApportionmentTests
{
    [Fact]
    public void Weights_that_add_up_are_the_answer()
    {
        var parts = new ulong[3];
        Apportionment.Share(12, [1, 4, 7], [9, 9, 9], parts, unit: 1).ShouldBeTrue();
        parts.ShouldBe([1UL, 4UL, 7UL]);
    }

    [Fact]
    public void A_cap_passes_on_what_it_cuts_off()
    {
        var parts = new ulong[3];
        Apportionment.Share(20, [10, 0, 0], [5, 8, 100], parts, unit: 1).ShouldBeFalse();
        parts.ShouldBe([5UL, 8UL, 7UL]);
    }

    [Fact]
    public void Parts_add_up_and_keep_their_caps_whatever_the_numbers()
    {
        var random = new Random(1);
        for (var round = 0; round < 5000; round++)
        {
            var count = random.Next(1, 9);
            var caps = Enumerable.Range(0, count).Select(_ => (ulong)random.Next(6) * 4096).ToArray();
            var weights = caps.Select(c => c == 0 ? 0 : (ulong)random.NextInt64((long)c + 1)).ToArray();
            var total = (ulong)random.NextInt64((long)caps.Aggregate(0UL, (a, b) => a + b) + 1);
            var parts = new ulong[count];
            Apportionment.Share(total, weights, caps, parts, unit: 1024);
            parts.Aggregate(0UL, (a, b) => a + b).ShouldBe(total);
            for (var i = 0; i < count; i++)
                parts[i].ShouldBeLessThanOrEqualTo(caps[i]);
        }
    }

    [Fact]
    public void Caps_that_can_not_hold_the_total_leave_the_rest_to_the_last_part()
    {
        var parts = new ulong[2];
        Apportionment.Share(10, [0, 0], [3, 3], parts, unit: 1);
        parts.ShouldBe([3UL, 7UL]);
    }

    [Fact]
    public void Terabytes_do_not_overflow()
    {
        var parts = new ulong[2];
        Apportionment.Share(1UL << 46, [1UL << 47, 1UL << 47], [1UL << 47, 1UL << 47], parts, unit: 4096);
        parts.ShouldBe([1UL << 45, 1UL << 45]);
    }
}
