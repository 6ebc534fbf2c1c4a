namespace VmAtlas.Web.Tests;

public sealed class PageLauncherTests
{
    const string Url = "http://127.0.0.1:1234/#token=secret";

    [Fact]
    public void The_forwarding_file_is_the_users_alone_and_leads_to_the_address_with_its_fragment()
    {
        var path = PageLauncher.WriteForward(Url, runtimeFolder: null);
        try
        {
            File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.ReadAllText(path).ShouldContain($"url={Url}");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Under_sudo_no_browser_is_started() =>
        PageLauncher.WhyNot(name => name is "SUDO_UID" or "DISPLAY" ? "1000" : null).ShouldNotBeNull();

    [Fact]
    public void Without_a_display_no_browser_is_started() => PageLauncher.WhyNot(_ => null).ShouldNotBeNull();
}
