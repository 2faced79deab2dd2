/// MAIL: who sends, and how the message is to be carried.
#include "base/text.h"
#include "mail/address.h"
#include "smtp/server/argument.h"
#include "smtp/server/dialogue.h"
#include "smtp/server/parameters.h"

namespace imc::smtp {

Step Dialogue::on_mail(std::string_view argument)
{
    if (state_ == State::connected) return protocol_error(503, "5.5.1", "EHLO first");
    if (state_ != State::greeted)
        return protocol_error(503, "5.5.1", "Sender given already; RSET first");
    if (terms_->auth_required && facts_.account.empty())
        return protocol_error(530, "5.7.0", "Authentication required");
    if (messages_ >= limits().messages) return too_many("messages in one session");

    const auto text = after_keyword("FROM:", argument);
    if (!text) return protocol_error(501, "5.5.4", "Give the sender as FROM:<address>");
    const auto path = mail::parse_path(*text);
    if (!path) return protocol_error(501, "5.1.7", "Sender: " + printable(path.error().what, 200));
    if (!path->is_null && path->address.domain.empty())
        return protocol_error(501, "5.1.7", "Sender: no '@'");

    if (const auto flaw =
            read_mail_parameters(path->rest, terms_->offered, limits().message_octets, envelope_)) {
        envelope_ = {};
        if (flaw->code == 552) return reply(flaw->code, flaw->enhanced, flaw->text);
        return protocol_error(*flaw);
    }
    if (path->address.utf8 && !envelope_.smtp_utf8) {
        envelope_ = {};
        return protocol_error(553, "5.6.7", "UTF-8 in the address needs SMTPUTF8");
    }
    if (!path->is_null) envelope_.sender = path->address.to_string();
    // Who is nobody yet does not push past others (RFC 6710 5.1).
    lowered_ = envelope_.priority > 0 && facts_.account.empty();
    if (lowered_) envelope_.priority = 0;
    return ask(Next::ask_mail);
}

Step Dialogue::accept_sender()
{
    state_ = State::mail;
    ++messages_;
    if (lowered_) return reply(250, "2.3.6", "Sender ok; priority is 0");
    return reply(250, "2.1.0", "Sender ok");
}

}  // namespace imc::smtp
