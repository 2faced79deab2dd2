#include "mail/seven_bit.h"

#include "base/text.h"
#include "mail/part_scanner.h"
#include "mail/transfer_coding.h"

#include <algorithm>
#include <utility>

namespace imc::mail {
namespace {

constexpr std::size_t most_parts = 1'000'000;
constexpr std::size_t most_of_encoding = 16 << 10;

bool is_high(char c) { return static_cast<unsigned char>(c) > 0x7f; }

/// Counts what 7-bit lines cannot hold.
class Count {
public:
    void take(std::string_view text)
    {
        for (const char c : text) {
            if (after_cr_ != (c == '\n')) ++bare;  // a CR or an LF alone
            after_cr_ = c == '\r';
            if (c == '\0') ++bare;
            if (is_high(c)) ++high;
        }
        octets += text.size();
    }
    void end()
    {
        if (std::exchange(after_cr_, false)) ++bare;
    }
    std::uint64_t octets = 0, high = 0, bare = 0;

private:
    bool after_cr_ = false;
};

}  // namespace

bool SevenBitPlan::changes() const
{
    return relabelled || std::ranges::any_of(
                             parts, [](PartCoding coding) { return coding != PartCoding::as_is; });
}

class SevenBitPlanner::Hands final : public PartScanner::Listener {
public:
    SevenBitPlan plan;

    void header(std::string_view octets, bool encoding) override
    {
        around(octets);
        encoding_octets_ = encoding ? encoding_octets_ + octets.size() : 0;
        if (encoding_octets_ > most_of_encoding)  // who writes keeps it in memory
            flaw("a Content-Transfer-Encoding has more than 16 KiB");
    }
    void header_end(const PartHead& head, std::string_view line) override
    {
        around(line);
        encoding_octets_ = 0;
        head_ = head;
        count_ = {};
        if (plan.parts.size() == most_parts) return flaw("it has too many parts");
        plan.parts.push_back(PartCoding::as_is);
        plan.relabelled = plan.relabelled || head.encoding == "8bit" || head.encoding == "binary";
    }
    void text(std::string_view octets) override { count_.take(octets); }
    void text_end() override
    {
        count_.end();
        plan.octets += count_.octets;
        if (count_.high + count_.bare == 0) return;
        if (head_.kind == PartKind::sealed)
            return flaw("a part that is signed, encrypted or may not be encoded has 8-bit octets");
        if (!head_.plain()) {
            if (count_.bare > 0)
                flaw("a part that calls itself " + printable(head_.encoding, 40) + " is binary");
            return;
        }
        const bool shorter = count_.high * 6 > count_.octets;
        if (shorter || count_.bare > 0) {
            plan.octets += count_.octets * 3 / 8;
            plan.parts.back() = PartCoding::base64;
        } else {
            plan.octets += count_.high * 2 + count_.octets / 25;
            plan.parts.back() = PartCoding::quoted_printable;
        }
    }
    void frame(std::string_view octets) override
    {
        around(octets);
        plan.relabelled = plan.relabelled || std::ranges::any_of(octets, is_high);
    }

    void finish()
    {
        outside_.end();
        if (outside_.bare > 0) flaw("its header or boundaries have lines that do not end in CRLF");
    }

private:
    void around(std::string_view octets)
    {
        outside_.take(octets);
        plan.octets += octets.size();
    }
    void flaw(std::string why)
    {
        if (plan.flaw.empty()) plan.flaw = std::move(why);
    }

    PartHead head_;
    Count count_, outside_;
    std::size_t encoding_octets_ = 0;
};

SevenBitPlanner::SevenBitPlanner()
    : hands_{std::make_unique<Hands>()}, scanner_{std::make_unique<PartScanner>(*hands_)}
{}
SevenBitPlanner::~SevenBitPlanner() = default;

void SevenBitPlanner::feed(std::string_view piece) { scanner_->feed(piece); }

SevenBitPlan SevenBitPlanner::end()
{
    scanner_->end();
    hands_->finish();
    return std::move(hands_->plan);
}

class SevenBitWriter::Hands final : public PartScanner::Listener {
public:
    explicit Hands(const SevenBitPlan& plan) : plan_{plan} {}
    std::string out;

    void header(std::string_view octets, bool encoding) override
    {
        if (encoding) {
            field_ += octets;
            return;
        }
        encoding_field();
        mime_version_ = mime_version_ || starts_with_word(octets, "MIME-Version");
        out += octets;
    }
    void header_end(const PartHead& head, std::string_view line) override
    {
        encoding_field();
        const auto coding = this->coding();
        if (coding != PartCoding::as_is) {
            if (head.of_message && !mime_version_) out += "MIME-Version: 1.0\r\n";
            if (!head.has_type) out += "Content-Type: text/plain; charset=unknown-8bit\r\n";
            if (!written_) out += name(coding);
        }
        out += line;
        text_ = coding;
        ++part_;
        mime_version_ = written_ = met_ = false;
    }
    void text(std::string_view octets) override
    {
        switch (text_) {
        case PartCoding::as_is: out += octets; break;
        case PartCoding::quoted_printable: quoted_.feed(octets, out); break;
        case PartCoding::base64: base64_.feed(octets, out); break;
        }
    }
    void text_end() override
    {
        if (text_ == PartCoding::quoted_printable) quoted_.end(out);
        if (text_ == PartCoding::base64) base64_.end(out);
    }
    void frame(std::string_view octets) override
    {
        for (const char c : octets)
            out += is_high(c) ? '?' : c;
    }

private:
    PartCoding coding() const
    {
        return part_ < plan_.parts.size() ? plan_.parts[part_] : PartCoding::as_is;
    }
    static std::string_view name(PartCoding coding)
    {
        return coding == PartCoding::base64 ? "Content-Transfer-Encoding: base64\r\n"
                                            : "Content-Transfer-Encoding: quoted-printable\r\n";
    }
    /// Where one stood, the right one stands.
    void encoding_field()
    {
        if (field_.empty()) return;
        const auto field = std::exchange(field_, {});
        if (coding() != PartCoding::as_is) {
            if (!std::exchange(written_, true)) out += name(coding());
            return;
        }
        // Of several the first counts; the planner has looked at no other.
        if (std::exchange(met_, true)) {
            out += field;
            return;
        }
        const auto value = encoding_name(trim(unfolded(field.substr(field.find(':') + 1))));
        out += value == "8bit" || value == "binary" ? "Content-Transfer-Encoding: 7bit\r\n" : field;
    }
    static std::string unfolded(std::string text)
    {
        std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
        return text;
    }

    const SevenBitPlan& plan_;
    std::size_t part_ = 0;
    std::string field_;  ///< Content-Transfer-Encoding as it stands, until the next field
    bool mime_version_ = false, written_ = false, met_ = false;
    PartCoding text_ = PartCoding::as_is;
    QuotedPrintableWriter quoted_;
    Base64Writer base64_;
};

SevenBitWriter::SevenBitWriter(const SevenBitPlan& plan)
    : hands_{std::make_unique<Hands>(plan)}, scanner_{std::make_unique<PartScanner>(*hands_)}
{}
SevenBitWriter::~SevenBitWriter() = default;

std::string SevenBitWriter::feed(std::string_view piece)
{
    scanner_->feed(piece);
    return std::exchange(hands_->out, {});
}

std::string SevenBitWriter::end()
{
    scanner_->end();
    return std::exchange(hands_->out, {});
}

}  // namespace imc::mail
