/// Any text of the registry or the connector object: an answer or an error, never a crash.
#include "config/parse.h"

using namespace imc::config;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    if (const auto network = Network::parse(text)) {
        (void)network->contains("192.0.2.1");
        (void)network->contains(text);
    }
    if (const auto listener = parse_listener(text)) {
        const auto again = parse_listener(listener->to_row());
        if (!again || *again != *listener) __builtin_trap();
        (void)listener_clash(*listener, *again);
    }
    if (const auto row = parse_certificate(text, "/etc/imc/tls")) {
        const auto again =
            parse_certificate(row->name + ";" + row->certificate + ";" + row->key, "/elsewhere");
        if (!again || *again != *row) __builtin_trap();
    }
    if (const auto job = parse_etrn_job(text)) {
        const auto again = parse_etrn_job(to_row(*job));
        if (!again || !(*again == *job)) __builtin_trap();
    }
    if (const auto hook = parse_link_hook(text); hook && !hook->words.front().starts_with('/'))
        __builtin_trap();
    if (const auto schedule = parse_schedule({std::string{text}})) {
        const imc::WallTime now{std::chrono::hours{500'000}};
        (void)in_window(*schedule, now);
        (void)next_change(*schedule, now);
    }
    (void)parse_host(text, 25);
    (void)parse_delivery_row(text, 1);
    (void)parse_retry_hours(text);
    (void)parse_domain(text, 2);
    return 0;
}
