#include "directory/packed_entry.h"

#include "directory/schema.h"

namespace imc {
namespace {

// A text begins with its length and two bits that say what it is:
enum Kind : std::uint64_t {
    plain = 0,   ///< so many octets
    shared = 1,  ///< the word with this number
    tailed = 2,  ///< so many octets, and then the number of the word behind them
};

constexpr std::size_t least_tail = 4;

void put_number_to(std::string& out, std::uint64_t number)
{
    for (; number >= 0x80; number >>= 7U)
        out += static_cast<char>((number & 0x7fU) | 0x80U);
    out += static_cast<char>(number);
}

class Writer {
public:
    explicit Writer(SharedWords& words) : words_{words} {}

    void number(std::uint64_t n) { put_number_to(out_, n); }

    void text(std::string_view t)
    {
        number(t.size() << 2U | plain);
        out_ += t;
    }

    void word(std::string_view t)
    {
        if (const auto known = words_.number_of(t))
            number(std::uint64_t{*known} << 2U | shared);
        else
            text(t);
    }

    /// @param at  where the part begins that others have, too
    void text_with_tail(std::string_view t, std::size_t at)
    {
        if (at < t.size() && t.size() - at >= least_tail)
            if (const auto tail = words_.number_of(t.substr(at))) {
                number(at << 2U | tailed);
                out_ += t.substr(0, at);
                number(*tail);
                return;
            }
        text(t);
    }

    std::string take() { return std::move(out_); }

private:
    SharedWords& words_;
    std::string out_;
};

/// What stands above an object, as a word of its own.
std::string above(const Dn& dn)
{
    std::string out;
    const auto put = [&](std::string_view text) {
        put_number_to(out, text.size());
        out += text;
    };
    put_number_to(out, dn.rdns().size() - 1);
    for (std::size_t i = 1; i < dn.rdns().size(); ++i) {
        put_number_to(out, dn.rdns()[i].size());
        for (const auto& part : dn.rdns()[i]) {
            put(part.type);
            put(part.value);
        }
    }
    return out;
}

/// Where the part of a value begins that values of other objects share; its size: nowhere.
std::size_t tail_of(std::string_view value, bool is_name)
{
    const auto at = is_name ? value.find(',') : value.rfind('@');
    return at == value.npos ? value.size() : at;
}

class Reader {
public:
    Reader(std::string_view octets, const SharedWords& words) : left_{octets}, words_{&words} {}

    std::uint64_t number()
    {
        std::uint64_t n = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto octet = static_cast<unsigned char>(left_.front());
            left_.remove_prefix(1);
            n |= std::uint64_t{octet & 0x7fU} << shift;
            if (octet < 0x80) return n;
        }
    }

    std::string_view octets(std::size_t count)
    {
        const auto out = left_.substr(0, count);
        left_.remove_prefix(count);
        return out;
    }

    std::string text()
    {
        const auto head = number();
        if ((head & 3U) == shared)
            return std::string{words_->word(static_cast<std::uint32_t>(head >> 2U))};
        std::string out{octets(head >> 2U)};
        if ((head & 3U) == tailed) out += words_->word(static_cast<std::uint32_t>(number()));
        return out;
    }

    Dn name()
    {
        const auto first = number();  // 0: the root
        std::vector<Rdn> rdns;
        if (first == 0) return Dn{};
        auto& own = rdns.emplace_back(first - 1);
        for (auto& part : own) {
            part.type = text();
            part.value = text();
        }
        const auto above = text();
        Reader rest{above, *words_};
        const auto plain_text = [&rest] { return std::string{rest.octets(rest.number())}; };
        rdns.resize(1 + rest.number());
        for (std::size_t i = 1; i < rdns.size(); ++i) {
            rdns[i].resize(rest.number());
            for (auto& part : rdns[i]) {
                part.type = plain_text();
                part.value = plain_text();
            }
        }
        return Dn{std::move(rdns)};
    }

private:
    std::string_view left_;
    const SharedWords* words_;
};

}  // namespace

std::string packed(const Entry& entry, SharedWords& words)
{
    Writer out{words};
    if (entry.dn.is_root()) {
        out.number(0);
    } else {
        const auto& own = entry.dn.rdns().front();
        out.number(own.size() + 1);
        for (const auto& part : own) {
            out.word(part.type);
            out.text(part.value);
        }
        out.word(above(entry.dn));
    }
    out.number(entry.attributes.size());
    for (const auto& [name, values] : entry.attributes) {
        out.word(name);
        out.number(values.size());
        const bool is_class = same_word(name, "objectClass");
        const auto* rule = find_attribute(name);
        const bool is_name = rule != nullptr && rule->syntax == Syntax::dn;
        for (const auto& value : values)
            if (is_class)
                out.word(value);
            else
                out.text_with_tail(value, tail_of(value, is_name));
    }
    return out.take();
}

Entry unpacked(std::string_view octets, const SharedWords& words)
{
    Reader in{octets, words};
    Entry entry{in.name(), {}};
    for (auto count = in.number(); count > 0; --count) {
        auto name = in.text();
        std::vector<std::string> values(in.number());
        for (auto& value : values)
            value = in.text();
        // In the order of the map, so the end is where it belongs.
        entry.attributes.emplace_hint(entry.attributes.end(), std::move(name), std::move(values));
    }
    return entry;
}

}  // namespace imc
