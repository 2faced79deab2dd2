/// Any octets as what a browser sends: a conversation ends, and each answer is whole HTTP.
#include "admin/conversation.h"
#include "kit/coroutine.h"
#include "kit/scripted_stream.h"

using namespace imc;

namespace {

class Nothing final : public admin::Answerer {
public:
    boost::asio::awaitable<admin::Response> answer(admin::Request request) override
    {
        admin::Response out;
        out.headers.emplace_back("X-Path", request.path);
        co_return out;
    }
    std::string notice() const override { return {}; }
};

boost::asio::awaitable<bool> whole(std::unique_ptr<smtp::Stream> stream)
{
    auto shared = std::make_shared<Nothing>();
    admin::HttpPeer peer;
    peer.address = "192.0.2.1";
    co_await admin::converse(std::move(shared), std::move(stream), std::move(peer));
    co_return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string text{reinterpret_cast<const char*>(octets), size};
    const auto half = size / 2;
    smtp::ScriptedPeer peer{{text.substr(0, half), text.substr(half)}};
    std::erase(peer.sends, std::string{});
    kit::run(whole(std::make_unique<smtp::ScriptedStream>(peer)));
    if (!peer.heard.empty() && !peer.heard.starts_with("HTTP/1.")) __builtin_trap();
    if (!peer.closed) __builtin_trap();
    return 0;
}
