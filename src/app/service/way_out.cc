#include "app/service/way_out.h"

#include "base/files.h"
#include "event/post_contained.h"

namespace imc::app {

WayOut::WayOut(const WayOutParts& parts)
    : hosts_file_{parts.paths.tls_hosts()}, events_{parts.events},
      all_{parts.config()->host_name,
           parts.config,
           parts.dns,
           parts.is_ourselves,
           parts.conversations.dialer(parts.lines.dialer(smtp::client::socket_dialer())),
           parts.events},
      obedient_{all_, parts.config}, archive_{parts.paths.archive(), real_files(), parts.events},
      copies_{archive_, parts.config}, archiving_{obedient_, archive_, parts.disk},
      counted_{archiving_, parts.metrics, parts.events}
{
    archive_.set(archive_terms(*parts.config()));
    remember_hosts(parts.background);
}

/// Hosts that had TLS before the last stop have it still, or say why not.
void WayOut::remember_hosts(boost::asio::thread_pool& background)
{
    auto& hosts = all_.hosts();
    if (const auto read = hosts.load(real_files(), hosts_file_); !read) {
        events_.raise(read.error());  // and what cannot be read is not written over
        return;
    }
    keeps_hosts_ = true;
    hosts.on_change([this, &background] {
        post_contained(background, events_, "what is remembered of hosts",
                       [this] { save_hosts(); });
    });
}

void WayOut::save_hosts()
{
    if (!keeps_hosts_) return;
    const auto saved = all_.hosts().save(real_files(), hosts_file_);
    if (!saved) events_.raise(saved.error());
}

void WayOut::end()
{
    all_.end();
    save_hosts();
}

}  // namespace imc::app
