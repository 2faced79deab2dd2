#include "smtp/sasl/client.h"

#include "smtp/sasl/mechanism.h"

#include <gtest/gtest.h>

namespace imc::smtp::sasl {
namespace {

using namespace std::string_literals;

auto someone(const std::string& user = "ann", const std::string& password = "secret")
{
    return std::make_shared<const Credentials>(user, password);
}

TEST(ClientMechanism, IsTheBestThatBothKnow)
{
    const std::vector<std::string> offers[] = {
        {"LOGIN", "PLAIN", "SCRAM-SHA-256", "CRAM-MD5"}, {"LOGIN", "PLAIN"}, {"LOGIN"}, {"NTLM"}};
    const std::string best[] = {"SCRAM-SHA-256", "PLAIN", "LOGIN", ""};
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_EQ(choose_mechanism(offers[i]), best[i]);
    EXPECT_EQ(make_exchange("NTLM", someone()), nullptr);
}

/// Our client and our server, which is proved against libgsasl elsewhere.
bool agree(const std::string& user, const std::string& typed, const std::string& kept)
{
    const auto server = make_mechanism("SCRAM-SHA-256", {}, "server-nonce");
    const auto client = make_exchange("SCRAM-SHA-256", someone(user, typed), "client-nonce");
    auto turn = server->on_response(client->initial());
    const auto* need = std::get_if<NeedKeys>(&turn);
    if (need == nullptr || need->user != user) return false;
    turn = server->on_keys(make_scram_keys(kept, "a salt of it", 4096), true);
    const auto last = client->on_challenge(std::get<Challenge>(turn).data);
    EXPECT_FALSE(client->may_succeed());
    turn = server->on_response(last);
    const auto* proved = std::get_if<Proved>(&turn);
    if (proved == nullptr) return false;
    const auto answer = client->on_challenge(proved->data);
    return answer == "" && client->may_succeed();
}

TEST(ClientScram, AgreesWithOurServerAndNotWithAnotherPassword)
{
    EXPECT_TRUE(agree("ann", "secret", "secret"));
    EXPECT_TRUE(agree("a,n=n", "r\u00e4tsel", "r\u00e4tsel"));
    EXPECT_FALSE(agree("ann", "secret", "secrets"));
}

TEST(ClientScram, ChallengeOfAnotherNonceSaltOrCountIsNotAnswered)
{
    for (const auto* challenge :
         {"r=client-nonce,s=c2FsdA==,i=4096", "r=other,s=c2FsdA==,i=4096",
          "r=client-noncex,s=,i=4096", "r=client-noncex,s=c2FsdA==,i=4095",
          "r=client-noncex,s=c2FsdA==,i=1000001", "m=x,r=client-noncex,s=c2FsdA==,i=4096", ""}) {
        const auto client = make_exchange("SCRAM-SHA-256", someone(), "client-nonce");
        (void)client->initial();
        EXPECT_FALSE(client->on_challenge(challenge)) << challenge;
        EXPECT_FALSE(client->may_succeed());
    }
}

TEST(Credentials, AreTakenOutOfWhatAPeerSays)
{
    const auto c = someone("ann", "secret");
    EXPECT_EQ(c->redacted("no secret here: c2VjcmV0 AGFubgBzZWNyZXQ="), "no *** here: *** ***");
}

}  // namespace
}  // namespace imc::smtp::sasl
