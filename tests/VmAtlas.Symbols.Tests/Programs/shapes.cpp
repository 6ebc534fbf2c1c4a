// Everything that makes the name of an address hard: templates, lambdas, inlines in inlines, static functions, local classes.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {
struct Hidden {
    int value;
    explicit Hidden(int v) : value(v) {}
    ~Hidden() { value = 0; }
    int twice() const { return value * 2; }
};

static int helper(int x) { return x * 3 + 1; }
}

namespace shapes {
template <typename T, int N>
struct Box {
    T items[N];
    std::map<std::string, T> table;

    template <typename F>
    T fold(F f) const {
        T sum{};
        for (const auto& item : items)
            sum = f(sum, item);
        return sum;
    }

    operator bool() const { return !table.empty(); }
    Box& operator<<(const T& item) {
        table[std::to_string(table.size())] = item;
        items[table.size() % N] = item;
        return *this;
    }
};

struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
};

struct Square final : Shape {
    double side;
    explicit Square(double s) : side(s) {}
    double area() const override { return side * side; }
};

template <typename... T>
inline int count(T&&... values) {
    return (static_cast<int>(values) + ... + 0);
}

__attribute__((noinline)) int local_class(int x) {
    struct Local {
        int v;
        __attribute__((noinline)) int run(int by) const { return v * by + helper(by); }
    };
    return Local{x}.run(x + 1);
}
}

extern "C" __attribute__((noinline)) int plain_c_name(int x) { return helper(x) ^ x; }

static __attribute__((noinline)) int with_lambda(int n) {
    std::vector<int> v;
    for (int i = 0; i < n; i++)
        v.push_back(helper(i));
    std::sort(v.begin(), v.end(), [n](int a, int b) { return a % n < b % n; });
    std::function<int(int)> f = [&v](int x) { return v[x % v.size()]; };
    return f(n) + Hidden(n).twice();
}

int main(int argc, char** argv) {
    shapes::Box<int, 4> ints{};
    shapes::Box<double, 3> doubles{};
    for (int i = 0; i < argc + 3; i++) {
        ints << i;
        doubles << i * 0.5;
    }
    std::vector<std::unique_ptr<shapes::Shape>> all;
    all.push_back(std::make_unique<shapes::Square>(argc));
    double sum = doubles.fold([](double a, double b) { return a + b; });
    for (const auto& s : all)
        sum += s->area();
    int total = ints.fold([](int a, int b) { return a * 2 + b; });
    total += shapes::count(argc, 2L, 'c') + shapes::local_class(argc) + plain_c_name(argc) + with_lambda(argc + 5);
    return (ints && sum > 1e9) || total == 12345 || argv == nullptr;
}
