using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace VmAtlas.Bench.Symbols;

/// <summary>A C++ program that is mostly templates: each part has twelve instances of a class full of containers, lambdas and algorithms.</summary>
static class BigProgram
{
    const string Part = """
        #include <algorithm>
        #include <functional>
        #include <map>
        #include <memory>
        #include <numeric>
        #include <regex>
        #include <set>
        #include <string>
        #include <unordered_map>
        #include <variant>
        #include <vector>
        namespace part@ {
        template <int N> struct tag {
            int value = N;
            std::string name;
            bool operator<(const tag& o) const { return value < o.value || name < o.name; }
        };
        template <int N> struct box {
            std::map<tag<N>, std::vector<std::string>> table;
            std::unordered_map<std::string, std::shared_ptr<tag<N>>> index;
            std::vector<std::function<int(const tag<N>&)>> work;
            std::variant<tag<N>, std::string, std::vector<int>> either;
            int run(int argc) {
                for (int i = 0; i < argc; i++) {
                    tag<N> t;
                    t.value += i;
                    t.name = std::to_string(i * N);
                    table[t].push_back(t.name);
                    index[t.name] = std::make_shared<tag<N>>(t);
                    work.push_back([t, i](const tag<N>& o) { return o.value + t.value * i; });
                    if (i & 1) either = t; else either = t.name;
                }
                int sum = 0;
                for (auto& w : work) for (auto& p : table) sum += w(p.first);
                for (auto& p : table) {
                    auto v = p.second;
                    std::sort(v.begin(), v.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
                    sum += v.size();
                }
                std::set<tag<N>> s;
                for (auto& p : table) s.insert(p.first);
                sum += std::visit([](const auto& x) { return (int)sizeof(x) + N; }, either);
                std::vector<tag<N>> all(s.begin(), s.end());
                std::stable_sort(all.begin(), all.end());
                std::reverse(all.begin(), all.end());
                return std::accumulate(all.begin(), all.end(), sum, [](int a, const tag<N>& b) { return a + b.value; });
            }
        };
        template <int... N> int all(int argc, std::integer_sequence<int, N...>) { return (box<N + @ * 100>().run(argc) + ...); }
        }
        int part_@(int argc) { return part@::all(argc, std::make_integer_sequence<int, 12>()); }
        """;

    const int Wanted = 10_000;

    /// <summary>Makes "big" and "addresses" in a folder, where they are not there already. Takes some minutes.</summary>
    public static void Build(string folder, int parts)
    {
        Directory.CreateDirectory(folder);
        var program = Path.Combine(folder, "big");
        if (!File.Exists(program))
        {
            var main = new StringBuilder();
            for (var i = 1; i <= parts; i++)
            {
                File.WriteAllText(Path.Combine(folder, $"f{i}.cpp"), Part.Replace("@", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
                main.Append(CultureInfo.InvariantCulture, $"int part_{i}(int);\n");
            }
            main.Append("int main(int argc, char**) { return 0");
            for (var i = 1; i <= parts; i++)
                main.Append(CultureInfo.InvariantCulture, $" + part_{i}(argc)");
            File.WriteAllText(Path.Combine(folder, "main.cpp"), main.Append("; }\n").ToString());
            Parallel.For(1, parts + 1, i => Run("g++", "-std=c++17", "-O2", "-g", "-c", Path.Combine(folder, $"f{i}.cpp"), "-o", Path.Combine(folder, $"f{i}.o")));
            Run("g++", ["-O2", "-g", Path.Combine(folder, "main.cpp"), .. Enumerable.Range(1, parts).Select(i => Path.Combine(folder, $"f{i}.o")), "-o", program]);
        }
        File.WriteAllLines(Path.Combine(folder, "addresses"), Addresses(program));
    }

    /// <summary>Anywhere in functions taken by chance, always the same.</summary>
    static IEnumerable<string> Addresses(string program)
    {
        var functions = Run("nm", "-S", program).Split('\n').Select(l => l.Split(' ')).Where(w => w.Length == 4 && w[2] is "t" or "T" or "W" or "w")
            .Select(w => (Start: Convert.ToInt64(w[0], 16), Size: Convert.ToInt64(w[1], 16))).ToArray();
        var random = new Random(7);
        for (var i = 0; i < Wanted; i++)
        {
            var (start, size) = functions[random.Next(functions.Length)];
            yield return $"0x{start + random.NextInt64(Math.Max(size, 1)):x}";
        }
    }

    public static string Run(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }
}
