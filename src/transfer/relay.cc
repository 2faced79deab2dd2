#include "transfer/relay.h"

#include "base/text.h"
#include "mail/address.h"

#include <algorithm>

namespace imc::transfer {
namespace {

class Decision {
public:
    Decision(const config::RelayRules& rules, const RelayQuestion& question,
             std::vector<RelayStep>* steps)
        : rules_{rules}, question_{question}, steps_{steps}
    {}

    RelayDecision run()
    {
        if (off() || row() || domains() ||
            list("RelayDenyList", "not in force (RelayFlags bit 1)", rules_.use_deny, rules_.deny,
                 question_.peer, false) ||
            submission() ||
            list("RelayAllowList", "not in force (RelayFlags bit 2)", rules_.use_allow,
                 rules_.allow, question_.peer, true) ||
            list("RelayLocalIPList", "not in force (RelayFlags bit 4)", rules_.use_local,
                 rules_.local, question_.local, true) ||
            authenticated() || certificate())
            return std::move(decision_);
        decide(false, "no rule lets this client relay", "nothing above decided");
        return std::move(decision_);
    }

private:
    /// A finding is put together only for who wants the steps.
    /// @param of  stands behind it, cut after `most`
    bool decide(bool allowed, std::string rule, std::string_view finding, std::string_view of = {},
                std::size_t most = 0)
    {
        decision_ = {allowed, std::move(rule)};
        if (steps_ != nullptr) told(decision_.rule, finding, of, most).decides = true;
        return true;
    }
    bool pass(std::string_view rule, std::string_view finding, std::string_view of = {},
              std::size_t most = 0)
    {
        if (steps_ != nullptr) told(rule, finding, of, most);
        return false;
    }
    RelayStep& told(std::string_view rule, std::string_view finding, std::string_view of,
                    std::size_t most)
    {
        return steps_->emplace_back(
            RelayStep{std::string{rule}, std::string{finding} + printable(of, most)});
    }

    bool off()
    {
        if (rules_.off)
            return decide(false, "RelayMode off", "nobody relays, and no list is looked at");
        return pass("RelayMode rules", "the rules below decide");
    }

    bool row()
    {
        if (question_.row == config::RowRelay::inherit) return false;
        const bool always = question_.row == config::RowRelay::always;
        return decide(always, "routing row \"" + printable(question_.row_text, 200) + "\"",
                      always ? "everybody may send there" : "nobody may send there");
    }

    bool domains()
    {
        if (rules_.domains.empty()) return pass("RelayDomains", "empty");
        const auto domain = mail::canonical_domain(question_.domain);
        for (const auto& pattern : rules_.domains)
            if (!domain.empty() && pattern.matches(domain))
                return decide(true, "RelayDomains " + pattern.text, "everybody may send to ",
                              domain, domain.size());
        return pass("RelayDomains", "no row for ", question_.domain, 255);
    }

    bool list(const char* name, const char* idle, bool used, const config::NetworkSet& networks,
              std::string_view address, bool allows)
    {
        if (!used) return pass(name, idle);
        if (const auto* network = networks.find(address))
            return decide(allows, std::string{name} + " " + network->text, "holds ", address, 60);
        if (networks.empty()) return pass(name, "empty");
        return pass(name, "holds no network with ", address, 60);
    }

    /// Whoever opened such a listener opened it for this, RelayFlags or not.
    bool submission()
    {
        if (question_.role == "mx") return pass("submission listener", "the client came to none");
        const auto rule = std::string{question_.role} + " listener";
        if (question_.account.empty()) return pass(rule, "the client has not signed in");
        return decide(true, rule, "signed in as ", question_.account, 100);
    }

    bool authenticated()
    {
        if (!rules_.use_authenticated)
            return pass("authenticated", "not in force (RelayFlags bit 8)");
        if (question_.account.empty()) return pass("authenticated", "the client has not");
        return decide(true, "authenticated", "as ", question_.account, 100);
    }

    bool certificate()
    {
        if (!rules_.use_certificate)
            return pass("RelayCertificates", "not in force (RelayFlags bit 16)");
        const auto is_shown = [this](const std::string& name) {
            return (!question_.certificate_subject.empty() &&
                    name == question_.certificate_subject) ||
                   (!question_.certificate_fingerprint.empty() &&
                    same_word(name, question_.certificate_fingerprint));
        };
        const auto found = std::ranges::find_if(rules_.certificates, is_shown);
        if (found == rules_.certificates.end())
            return pass("RelayCertificates", question_.certificate_fingerprint.empty() &&
                                                     question_.certificate_subject.empty()
                                                 ? "the client has shown none"
                                                 : "the client's is not in the list");
        return decide(true, "RelayCertificates " + printable(*found, 200), "shown by the client");
    }

    const config::RelayRules& rules_;
    const RelayQuestion& question_;
    std::vector<RelayStep>* steps_;
    RelayDecision decision_;
};

}  // namespace

RelayDecision decide_relay(const config::RelayRules& rules, const RelayQuestion& question,
                           std::vector<RelayStep>* steps)
{
    return Decision{rules, question, steps}.run();
}

}  // namespace imc::transfer
