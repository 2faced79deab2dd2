/// RCPT, VRFY and EXPN: for whom, and what the directory says of them.
#include "base/answer.h"
#include "base/text.h"
#include "mail/address.h"
#include "smtp/server/argument.h"
#include "smtp/server/dialogue.h"
#include "smtp/server/parameters.h"

namespace imc::smtp {
namespace {

// As the reject journal knows them; docs/formats/rejects.md.
constexpr const char* held_twice = "recipient: held by several objects";
constexpr const char* cannot_say = "recipient: the directory cannot say";

}  // namespace

Step Dialogue::on_rcpt(std::string_view argument)
{
    envelope_.pending.clear();
    recipient_ = {};
    if (state_ != State::mail && state_ != State::recipients)
        return protocol_error(503, "5.5.1",
                              state_ == State::chunks ? "The text has begun; RSET first"
                                                      : "MAIL first");
    if (envelope_.recipients.size() >= limits().recipients) return too_many_recipients();
    const auto text = after_keyword("TO:", argument);
    if (!text) return protocol_error(501, "5.5.4", "Give the recipient as TO:<address>");
    const auto path = mail::parse_path(*text, envelope_.smtp_utf8);
    if (!path)
        return protocol_error(501, "5.1.3", "Recipient: " + printable(path.error().what, 200));
    if (path->is_null) return protocol_error(501, "5.1.3", "Recipient: an empty address");
    if (const auto flaw =
            read_rcpt_parameters(path->rest, terms_->offered, envelope_.smtp_utf8, recipient_))
        return protocol_error(*flaw);
    envelope_.pending = path->address.to_string();
    return ask(Next::ask_rcpt);
}

/// A program that pipelines tens of thousands (Q272672) must reach its DATA: those that are too
/// many count as refusals only by the block.
Step Dialogue::too_many_recipients()
{
    constexpr unsigned block = 100;
    if (++excess_recipients_ % block == 0) ++refusals_;
    if (refusals_ > limits().refusals) return too_many("refusals");
    const bool coded = offers(Extension::enhanced_status_codes);
    return Step{Reply{452, coded ? "4.5.3" : "", "Too many recipients; send the rest separately"},
                Next::read_command};
}

Step Dialogue::on_recipient(RecipientVerdict verdict)
{
    if (std::exchange(verifying_, false)) return judge_verified(std::move(verdict));
    return judge_recipient(std::move(verdict));
}

Step Dialogue::judge_recipient(RecipientVerdict verdict)
{
    return std::visit(
        Overloaded{
            [this](verdict::Accepted& accepted) {
                recipient_.address = std::move(envelope_.pending);
                recipient_.decided = std::move(accepted.decided);
                envelope_.pending.clear();
                envelope_.recipients.push_back(std::move(recipient_));
                recipient_ = {};
                state_ = State::recipients;
                if (accepted.unasked)
                    return reply(250, "2.0.0", "Taken; the directory is asked later");
                return reply(250, "2.1.5", "Recipient ok");
            },
            [this](const verdict::Unknown& unknown) {
                rule_ = unknown.rule;
                return reply(550, "5.1.1", "No such recipient");
            },
            [this](const verdict::Ambiguous&) {
                rule_ = held_twice;
                return reply(451, "4.1.4", "Address held twice here; try again later");
            },
            [this](const verdict::Refused& refused) {
                rule_ = refused.rule;
                return reply(refused.code, refused.status,
                             refused.text.empty() ? "Refused by rule " + refused.rule
                                                  : printable(refused.text, 400));
            },
            [this](const verdict::CannotSay&) {  // the reason is ours to know, not the client's
                rule_ = cannot_say;
                return reply(451, "4.3.0", "Directory not answering; try again later");
            },
        },
        verdict);
}

/// Q170317: an address that exists was the one that crashed.
Step Dialogue::on_vrfy(std::string_view argument)
{
    if (!terms_->verify) return reply(252, "2.5.2", "Not told; send mail to find out");
    const bool bracketed = argument.starts_with('<') && argument.ends_with('>');
    const auto text = bracketed ? argument.substr(1, argument.size() - 2) : argument;
    const auto address = mail::parse_address(text, false);
    if (!address)
        return protocol_error(501, "5.1.3", "Address: " + printable(address.error().what, 200));
    envelope_.pending = address->to_string();
    verifying_ = true;
    return Step{std::nullopt, Next::check_recipient};
}

Step Dialogue::judge_verified(RecipientVerdict verdict)
{
    if (const auto* accepted = std::get_if<verdict::Accepted>(&verdict)) {
        const auto address = std::exchange(envelope_.pending, {});
        return accepted->unasked ? reply(252, "2.5.2", "Cannot be verified now; send mail")
                                 : reply(250, "2.1.5", "<" + address + ">");
    }
    return judge_recipient(std::move(verdict));
}

bool Dialogue::expands() const
{
    using enum config::ExpandFor;
    return terms_->expand == everybody ||
           (terms_->expand == authenticated && !facts_.account.empty());
}

Step Dialogue::on_expn(std::string_view argument)
{
    if (terms_->expand == config::ExpandFor::nobody)
        return reply(502, "5.5.1", "Not supported");  // Q175842
    if (!expands()) return reply(530, "5.7.0", "Authentication required");
    const bool bracketed = argument.starts_with('<') && argument.ends_with('>');
    std::string list{bracketed ? argument.substr(1, argument.size() - 2) : argument};
    // "EXPN staff": which domain is meant is for the directory's side to know.
    const bool alone = list.find('@') == list.npos;
    const auto address = mail::parse_address(alone ? list + "@localhost" : list, false);
    if (!address)
        return protocol_error(501, "5.1.3", "List: " + printable(address.error().what, 200));
    envelope_.pending = alone ? std::move(list) : address->to_string();
    return Step{std::nullopt, Next::tell_members};
}

Step Dialogue::on_members(const ListVerdict& verdict)
{
    return std::visit(
        Overloaded{
            [this](const verdict::Members& members) {
                if (members.addresses.empty()) return reply(252, "2.1.5", "Nobody is on this list");
                std::string text;
                for (const auto& address : members.addresses)
                    text += (text.empty() ? "<" : "\n<") + printable(address, 320) + ">";
                return reply(250, "2.1.5", std::move(text));
            },
            [this](const verdict::NoList&) { return reply(550, "5.2.4", "That is no list"); },
            [this](const verdict::TooMany&) {
                return reply(252, "2.5.2", "Too many members to tell; send mail to it");
            },
            [this](const verdict::Unknown& unknown) {
                rule_ = unknown.rule;
                return reply(550, "5.1.1", "No such list");
            },
            [this](const verdict::Ambiguous&) {
                rule_ = held_twice;
                return reply(451, "4.1.4", "Address held twice here; try again later");
            },
            [this](const verdict::CannotSay&) {
                rule_ = cannot_say;
                return reply(451, "4.3.0", "Directory not answering; try again later");
            },
        },
        verdict);
}

}  // namespace imc::smtp
