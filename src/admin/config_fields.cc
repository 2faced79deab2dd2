#include "admin/config_fields.h"

#include "admin/desk.h"
#include "base/text.h"
#include "directory/schema.h"
#include "registry/values.h"

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;

namespace {

struct Page {
    std::string_view beginning, tab;
};
/// The longest beginning of a name decides.
constexpr Page pages[] = {
    {"", "general"},
    {"Admin", "security"},
    {"Always", "internet-mail"},
    {"Answer", "internet-mail"},
    {"Archive", "internet-mail"},
    {"Auth", "security"},
    {"ConnectionTable", "connections"},
    {"Diagnostics", "diagnostics"},
    {"DisableAuth", "security"},
    {"DisableETRN", "schedule"},
    {"DisableReverseResolve", "connections"},
    {"DiskSpace", "queues"},
    {"Dns", "connections"},
    {"DoubleBounces", "queues"},
    {"GreetingDelay", "connections"},
    {"Inbound", "connections"},
    {"InboundSizeLimit", "internet-mail"},
    {"Link", "schedule"},
    {"Listeners", "connections"},
    {"Max", "connections"},
    {"MaxHeader", "internet-mail"},
    {"MaxHops", "routing"},
    {"MaxIdle", "delivery-restrictions"},
    {"MaxMime", "internet-mail"},
    {"MaxProtocolErrors", "delivery-restrictions"},
    {"MaxRecipientsPerMessage", "internet-mail"},
    {"MaxRefusals", "delivery-restrictions"},
    {"MaxReturned", "internet-mail"},
    {"MaxText", "internet-mail"},
    {"MessageArchival", "internet-mail"},
    {"Metrics", "security"},
    {"OutboundCAFile", "security"},
    {"OutboundPort", "connections"},
    {"OutboundSizeLimit", "internet-mail"},
    {"ProtocolLog", "diagnostics"},
    {"Proxy", "connections"},
    {"Reject", "diagnostics"},
    {"Relay", "routing"},
    {"SenderDomainCheck", "delivery-restrictions"},
    {"SizeLimits", "internet-mail"},
    {"Tls", "security"},
    {"Tracking", "diagnostics"},
    {"Turf", "delivery-restrictions"},
    {"UnknownRecipient", "delivery-restrictions"},
    {"Xclient", "connections"},
    {"imcAddressFormat", "internet-mail"},
    {"imcAddressSpace", "address-space"},
    {"imcAllow", "internet-mail"},
    {"imcAuth", "security"},
    {"imcConnectorHost", "connections"},
    {"imcDeliveryRouting", "connections"},
    {"imcEightBit", "internet-mail"},
    {"imcEtrn", "schedule"},
    {"imcHoldForEtrn", "schedule"},
    {"imcLink", "schedule"},
    {"imcMaxConnections", "connections"},
    {"imcMaxMessageKB", "internet-mail"},
    {"imcMessageTimeout", "queues"},
    {"imcMessagesPer", "connections"},
    {"imcNotice", "queues"},
    {"imcOutbound", "delivery-restrictions"},
    {"imcRecipientsPer", "connections"},
    {"imcRetry", "queues"},
    {"imcRouting", "routing"},
    {"imcSchedule", "schedule"},
    {"imcSiteDomain", "internet-mail"},
    {"imcSmartHost", "connections"},
    {"imcSourceAddress", "connections"},
    {"imcSubaddress", "internet-mail"},
    {"imcSubdomains", "routing"},
    {"imcTls", "security"},
    {"imcTransferMode", "connections"},
};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// "none, may or verify" -> its words; nothing when it is a sentence.
std::vector<std::string> words_of_range(std::string_view range)
{
    std::vector<std::string> out;
    std::string text{range};
    for (std::size_t at = 0; (at = text.find(" or ", at)) != std::string::npos;)
        text.replace(at, 4, ", ");
    for (const auto part : split(text, ',')) {
        const auto word = trim(part);
        const bool plain = !word.empty() && std::ranges::all_of(word, [](char c) {
            return is_lower(c) || c == '-';
        });
        if (!plain) return {};
        out.emplace_back(word);
    }
    return out.size() > 1 ? out : std::vector<std::string>{};
}

/// "1 to 1000" at the beginning.
void read_bounds(std::string_view range, FieldForm& form)
{
    const auto to = range.find(" to ");
    if (to == range.npos) return;
    const auto behind = range.substr(to + 4);
    const auto min = parse_number(range.substr(0, to));
    const auto max = parse_number(behind.substr(0, behind.find_first_not_of("0123456789")));
    if (min && max) form.min = *min, form.max = *max;
}

FieldForm form_of_value(const registry::ValueInfo& info)
{
    FieldForm out{"text"};
    for (const auto word : split(info.choices, ' '))
        if (!word.empty()) out.choices.emplace_back(word);
    if (info.type == registry::Type::dword || info.type == registry::Type::qword) {
        out.type = "number";
        out.min = info.min;
        out.max = info.max;
    } else if (info.type == registry::Type::multi_sz) {
        out.type = "list";
    } else if (!out.choices.empty()) {
        out.type = "choice";
    }
    return out;
}

template <class T>
json::value or_null(const std::optional<T>& value)
{
    return value ? json::value(*value) : json::value(nullptr);
}

}  // namespace

std::string_view tab_of(std::string_view name)
{
    const Page* best = &pages[0];
    for (const auto& page : pages)
        if (name.starts_with(page.beginning) && page.beginning.size() > best->beginning.size())
            best = &page;
    return best->tab;
}

std::string label_of(std::string_view name)
{
    constexpr std::string_view shouted[] = {"DN",   "DSA",  "TLS",     "CA",   "ETRN", "DNS",
                                            "MX",   "IP",   "KB",      "VRFY", "SRS",  "EXPN",
                                            "MIME", "SMTP", "XCLIENT", "URL",  "API"};
    if (name.starts_with("imc")) name.remove_prefix(3);
    if (name.ends_with("MiB")) name.remove_suffix(3);  // the unit stands beside the value
    std::vector<std::string> words{""};
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool begins =
            i > 0 && is_upper(name[i]) &&
            (!is_upper(name[i - 1]) || (i + 1 < name.size() && is_lower(name[i + 1])));
        if (begins) words.emplace_back();
        words.back() += name[i];
    }
    std::string out;
    for (const auto& word : words) {
        const auto shout =
            std::ranges::find_if(shouted, [&](auto one) { return same_word(one, word); });
        if (!out.empty()) out += ' ';
        out += shout != std::end(shouted) ? std::string{*shout} : lower(word);
    }
    if (!out.empty()) out.front() = to_upper(out.front());
    return out;
}

FieldForm form_of(std::string_view section, const config::SettingInfo& info)
{
    if (section == "registry")
        if (const auto* value = registry::find_value(info.name)) return form_of_value(*value);
    FieldForm out{"text", words_of_range(info.range)};
    const auto* rule = find_attribute(info.name);
    if (rule != nullptr && rule->syntax == Syntax::boolean)
        out = {"boolean", {"TRUE", "FALSE"}};
    else if (info.several)
        out.type = "list";
    else if (rule != nullptr && rule->syntax == Syntax::integer)
        out.type = "number";
    else if (!out.choices.empty())
        out.type = "choice";
    if (out.type == "number") read_bounds(info.range, out);
    return out;
}

json::object field_json(const config::Provenance& setting, bool waits)
{
    const auto& info = setting.info;
    const auto form = form_of(setting.section, info);
    const auto* winner = setting.winner();
    json::value value = nullptr, where = nullptr;
    if (winner != nullptr) {
        if (form.type == "list")
            value = to_array(winner->values);
        else
            value = winner->values.empty() ? std::string{} : winner->values.front();
        where = json::object{{"layer", winner->name}, {"where", winner->where}};
    }
    const auto own = setting.section;
    bool set = false;
    json::array shadowed;
    for (auto layer = setting.layers.rbegin(); layer != setting.layers.rend(); ++layer) {
        set = set || layer->name == own;
        if (&*layer != winner)
            shadowed.push_back(json::object{{"layer", layer->name},
                                            {"where", layer->where},
                                            {"value", to_array(layer->values)},
                                            {"flaw", layer->flaw}});
    }
    return {{"key", setting.section + "/" + std::string{info.name}},
            {"name", info.name},
            {"section", setting.section},
            {"tab", tab_of(info.name)},
            {"label", label_of(info.name)},
            {"type", form.type},
            {"unit", info.unit},
            {"default", info.preset},
            {"value", value},
            {"set", set},
            {"choices", to_array(form.choices)},
            {"range", info.range},
            {"min", or_null(form.min)},
            {"max", or_null(form.max)},
            {"where", where},
            {"effect", info.effect},
            {"help", info.text},
            {"attribute", info.name},
            {"waits", waits},
            {"shadowed", std::move(shadowed)}};
}

}  // namespace imc::admin
