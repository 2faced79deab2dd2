#include "cli/sendmail/verify.h"

#include "base/text.h"
#include "config/load.h"
#include "mail/local_message.h"
#include "transfer/resolver.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <ostream>
#include <sysexits.h>

namespace imc::cli::sendmail {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;

struct Finding {
    int status;
    std::string why;
};

Finding find(const transfer::RecipientResolver& resolver, const std::string& address)
{
    return std::visit(
        Overloaded{
            [](const transfer::Route& route) { return Finding{EX_OK, route.why}; },
            [](const transfer::Expand& several) { return Finding{EX_OK, several.why}; },
            [](const transfer::NoSuchRecipient& none) { return Finding{EX_NOUSER, none.why}; },
            [](const transfer::AmbiguousRecipient&) {
                return Finding{EX_TEMPFAIL, "held by more than one object (event 10000)"};
            },
            [](const CannotSay& silent) {
                return Finding{EX_TEMPFAIL,
                               "the directory cannot say: " + silent.reason.to_string()};
            },
            [](const transfer::TakenUnasked& taken) {
                return Finding{EX_TEMPFAIL,
                               "the directory cannot say: " + taken.reason.to_string()};
            },
            [](const transfer::RelayDenied& denied) {
                return Finding{EX_UNAVAILABLE, denied.rule};
            },
            [](const transfer::Refused& refused) {
                return Finding{refused.code < 500 ? EX_TEMPFAIL : EX_UNAVAILABLE, refused.why};
            }},
        resolver.resolve(address, after(patience)));
}

}  // namespace

int verify(Context& context, const std::vector<std::string>& recipients)
{
    const auto loaded = config::load(context.paths(), after(patience));
    if (!loaded.config) {
        context.fail("sendmail: the configuration is not sound, or not yours to read, so nobody "
                     "can be verified; see imc check" +
                         context.paths().option(),
                     EX_CONFIG);
        return EX_CONFIG;
    }
    const transfer::RecipientResolver resolver{loaded.config, loaded.directory, loaded.people};
    int worst = EX_OK;
    for (const auto& word : recipients) {
        auto addresses = mail::given_addresses(word);
        if (!addresses) {
            context.fail("sendmail: recipient " + addresses.error().what, EX_USAGE);
            return EX_USAGE;
        }
        for (auto& address : *addresses) {
            if (address.find('@') == std::string::npos)
                address += "@" + loaded.config->local_domains.front();
            const auto found = find(resolver, address);
            if (worst != EX_TEMPFAIL && found.status != EX_OK) worst = found.status;
            const char* verdict = found.status == EX_OK ? "deliverable"
                                  : found.status == EX_NOUSER || found.status == EX_UNAVAILABLE
                                      ? "undeliverable"
                                      : "not known now";
            if (context.json)
                context.out << boost::json::serialize(boost::json::object{
                                   {"address", address}, {"verdict", verdict}, {"why", found.why}})
                            << '\n';
            else
                context.out << address << ": " << verdict << "; " << found.why << '\n';
        }
    }
    return worst;
}

}  // namespace imc::cli::sendmail
