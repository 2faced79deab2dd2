#include "app/service/srs_key.h"

#include "base/base64.h"
#include "directory/password.h"

namespace imc::app {

config::ConfigPtr with_srs_key(config::ConfigPtr config, FileSystem& files, EventLog& events)
{
    constexpr std::size_t key_octets = 30;
    if (!config->srs_key.empty()) return config;
    const auto path = config->paths.secrets() + "/srs.key";
    const auto not_kept = [&](const std::string& why) {
        events.raise(EventId::srs_key_not_kept, {{"detail", path + ": " + why}});
        return config;
    };
    // One that is there and says nothing, or may not be read, is not replaced: mail that is
    // on its way was made with it.
    const auto status = files.status(path);
    if (status) return not_kept("it cannot be read, or is empty");
    if (status.error().value() != ENOENT) return not_kept(status.error().message());
    auto key = base64_encode(random_octets(key_octets));
    auto written = make_folders(files, config->paths.secrets());
    if (written) written = write_file_atomically(files, path, key + "\n");
    if (!written) return not_kept(written.error().message());
    auto with = std::make_shared<config::Config>(*config);
    with->srs_key = std::move(key);
    return with;
}

}  // namespace imc::app
