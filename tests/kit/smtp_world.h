#pragma once
/// @file tests/kit/smtp_world.h  A small world for SMTP dialogues: who exists, who may, what is
/// taken. Golden dialogues and fuzz targets speak to it.
#include "base/text.h"
#include "smtp/server/session.h"

namespace imc::kit {}

namespace imc::smtp::kit {

using namespace imc::kit;  // one name for both, wherever a test stands

/// Two people at example.org, one address held twice, one that cannot be looked up; a list. Our
/// own address is 192.0.2.250.
struct Directory : RecipientDirectory {
    net::awaitable<RecipientVerdict> look_up(std::string address) override
    {
        if (same_word(address, "ann@example.org") || same_word(address, "postmaster"))
            co_return verdict::Accepted{};
        if (address == longest_address()) co_return verdict::Accepted{};
        if (address == "j\xc3\xb8rn@example.org") co_return verdict::Accepted{};
        if (address == "twice@example.org") co_return verdict::Ambiguous{};
        if (address == "down@example.org") {
            const Error down{EventId::directory_unreachable, "ldap://127.0.0.1 refused"};
            co_return verdict::CannotSay{down};
        }
        if (address.ends_with("@example.org")) co_return verdict::Unknown{};
        if (address == "ann@[192.0.2.250]") co_return verdict::Accepted{};
        if (address.ends_with("@[192.0.2.250]")) co_return verdict::Unknown{};
        co_return verdict::Refused{"relay: no rule lets this client relay"};
    }

    net::awaitable<ListVerdict> members(std::string list) override
    {
        if (list == "staff" || list == "staff@example.org") {
            verdict::Members staff{{"ann@example.org", "\"a b\"@example.net"}};
            co_return staff;
        }
        if (list == "empty@example.org") co_return verdict::Members{};
        if (list == "ann@example.org") co_return verdict::NoList{};
        if (list == "everybody@example.org") co_return verdict::TooMany{};
        if (list == "twice@example.org") co_return verdict::Ambiguous{};
        if (list == "down@example.org") {
            const Error down{EventId::directory_unreachable, "ldap://127.0.0.1 refused"};
            co_return verdict::CannotSay{down};
        }
        co_return verdict::Unknown{};
    }

    /// 254 octets, the most a path can hold.
    static std::string longest_address()
    {
        std::string out(64, 'l');
        out += '@';
        for (int i = 0; i < 2; ++i)
            out += std::string(63, 'd') + '.';
        return out + std::string(49, 'd') + ".example.org";
    }
};

/// Says what it was given: "Q12 SIZE=.. " would be noise, so the id tells the octets only.
struct Sink : MessageSink {
    std::vector<Envelope> envelopes;
    std::vector<SessionFacts> facts;
    std::vector<std::string> texts;

    net::awaitable<Result<std::string>> store(const SessionFacts& who, const Envelope& envelope,
                                              BodyReader& body) override
    {
        if (envelope.sender == "early@example.net") {  // gives up before it has read anything
            const Error full{EventId::flush_mode_entered, "disk"};
            co_return full;
        }
        std::string text;
        for (;;) {
            const auto piece = co_await body.next();
            if (!piece) co_return piece.error();
            if (piece->empty()) break;
            text += *piece;
        }
        if (envelope.sender == "full@example.net")
            co_return Error{EventId::flush_mode_entered, "disk"};
        if (envelope.sender == "busy@example.net") co_return Error{EventId::too_much_in_flight, ""};
        if (envelope.sender == "broken@example.net")
            co_return Error{EventId::spool_write_failed, "disk"};
        if (envelope.sender == "loop@example.net")
            co_return Error{EventId::hop_count_exceeded, "51"};
        envelopes.push_back(envelope);
        facts.push_back(who);
        texts.push_back(text);
        co_return "Q" + std::to_string(text.size());
    }
};

/// One rule for each stage.
struct Rules : Policy {
    std::string code;                  ///< on each refusal
    std::vector<std::string> refused;  ///< "STAGE code rule sender pending"
    std::chrono::milliseconds wait{0};

    static Verdict no(bool really, int number, std::string enhanced, std::string text,
                      std::string rule)
    {
        if (!really) return {};
        return Refusal{number, std::move(enhanced), std::move(text), std::move(rule)};
    }
    net::awaitable<Verdict> on_connect(const SessionFacts& f) override
    {
        co_return no(f.peer.address == "192.0.2.66", 554, "5.7.1", "No service for your network",
                     "reject 192.0.2.66");
    }
    net::awaitable<Verdict> on_helo(const SessionFacts& f) override
    {
        co_return no(f.helo == "liar.example.net", 550, "5.7.1", "Not your name", "helo");
    }
    net::awaitable<Verdict> on_mail(const SessionFacts& f, const Envelope& e) override
    {
        if (!f.account.empty() && e.sender != f.account + "@example.org")
            co_return no(true, 550, "5.7.1", "Not your address", "sender belongs to account");
        co_return no(e.sender == "spammer@example.net", 550, "5.7.1", "Filtered", "filter 1");
    }
    net::awaitable<Verdict> on_rcpt(const SessionFacts&, const Envelope&,
                                    std::string_view recipient) override
    {
        co_return no(recipient == "board@example.org", 450, "4.7.1", "Slow down", "rate");
    }
    net::awaitable<Verdict> on_header(const SessionFacts&, const Envelope&,
                                      std::string_view header) override
    {
        co_return no(header.find("X-Virus: yes") != header.npos, 554, "5.7.1", "Content refused",
                     "header");
    }
    std::string on_refused(const SessionFacts&, const Envelope& e, std::string_view stage,
                           const Reply& reply, std::string_view rule) override
    {
        refused.push_back(std::string{stage} + " " + std::to_string(reply.code) + " " +
                          std::string{rule} + "|" + e.sender + "|" + e.pending);
        return code;
    }
    std::chrono::milliseconds delay(const SessionFacts&) override { return wait; }
};

/// Mail waits for example.org.
struct Waiting : Dequeue {
    bool offered(const SessionFacts&) const override { return true; }
    net::awaitable<DequeueAnswer> start(const SessionFacts& facts, std::string node) override
    {
        using Kind = DequeueAnswer::Kind;
        if (node == "example.org") co_return DequeueAnswer{Kind::started, 3};
        if (node == "@example.org") co_return DequeueAnswer{Kind::started};
        if (node == "quiet.example.org") co_return DequeueAnswer{Kind::nothing};
        if (node == "down.example.org") co_return DequeueAnswer{Kind::unable};
        if (node == "#ann" && facts.account == "ann") co_return DequeueAnswer{Kind::started, 1};
        co_return DequeueAnswer{Kind::not_allowed};
    }
};

/// PLAIN and LOGIN for "ann" with the password "secret"; LAST is a mechanism with a last word.
class Login : public SaslExchange {
public:
    explicit Login(std::string_view mechanism) : mechanism_{mechanism} {}

    net::awaitable<SaslStep> step(std::optional<std::string> response) override
    {
        using Kind = SaslStep::Kind;
        if (mechanism_ == "PLAIN" || mechanism_ == "LAST") {
            if (!response) co_return SaslStep{Kind::challenge};
            co_return judge(*response);
        }
        if (!user_asked_) {
            user_asked_ = true;
            if (!response) co_return SaslStep{Kind::challenge, "Username:"};
        }
        if (!user_) {
            user_ = *response;
            co_return SaslStep{Kind::challenge, "Password:"};
        }
        co_return judge(std::string{"\0", 1} + *user_ + std::string{"\0", 1} + *response);
    }

private:
    SaslStep judge(std::string_view plain) const
    {
        using Kind = SaslStep::Kind;
        const auto words = split(plain, '\0');
        if (words.size() != 3) return {Kind::malformed};
        if (words[1] == "down") return {Kind::temporary};
        if (words[1] != "ann" || words[2] != "secret") return {Kind::failed};
        return {Kind::done, mechanism_ == "LAST" ? "v=proof" : "", "ann"};
    }

    std::string mechanism_;
    bool user_asked_ = false;
    std::optional<std::string> user_;
};

struct Accounts : Authenticator {
    bool in_the_clear = true;
    std::vector<std::string> mechanisms(const SessionFacts& facts) const override
    {
        if (!in_the_clear && !facts.tls) return {};
        return {"PLAIN", "LOGIN", "LAST"};
    }
    std::unique_ptr<SaslExchange> begin(std::string_view mechanism, const SessionFacts&) override
    {
        return std::make_unique<Login>(mechanism);
    }
};

}  // namespace imc::smtp::kit
