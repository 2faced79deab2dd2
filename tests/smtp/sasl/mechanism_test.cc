#include "smtp/sasl/mechanism.h"

#include <gsasl.h>
#include <gtest/gtest.h>

namespace imc::smtp::sasl {
namespace {

using namespace std::string_literals;

// RFC 7677 section 3.
const auto rfc_salt = *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==");
const auto rfc_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"s;
const auto rfc_first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"s;
const auto rfc_final = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                       "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="s;

ScramKeys pencil() { return make_scram_keys("pencil", rfc_salt, 4096); }

std::string challenge_of(const Turn& turn) { return std::get<Challenge>(turn).data; }

TEST(Scram, ConversationIsThatOfTheRfcsExample)
{
    auto scram = make_mechanism("SCRAM-SHA-256", {}, rfc_nonce);
    EXPECT_EQ(challenge_of(scram->on_response(std::nullopt)), "");
    EXPECT_EQ(std::get<NeedKeys>(scram->on_response(rfc_first)).user, "user");
    EXPECT_EQ(challenge_of(scram->on_keys(pencil(), true)),
              "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
              "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    EXPECT_EQ(std::get<Proved>(scram->on_response(rfc_final)).data,
              "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    EXPECT_TRUE(std::holds_alternative<Finished>(scram->on_response("")));
    EXPECT_TRUE(std::holds_alternative<Malformed>(scram->on_response("")));
}

std::unique_ptr<Mechanism> challenged(const std::string& nonce, const ScramKeys& keys, bool known)
{
    auto scram = make_mechanism("SCRAM-SHA-256", {}, nonce);
    (void)scram->on_response(rfc_first);
    (void)scram->on_keys(keys, known);
    return scram;
}

TEST(Scram, WrongPasswordFails)
{
    auto scram = challenged(rfc_nonce, make_scram_keys("pencils", rfc_salt, 4096), true);
    EXPECT_TRUE(std::holds_alternative<Failed>(scram->on_response(rfc_final)));
}

// The right proof for false keys would still be nobody's.
TEST(Scram, UnknownAccountFailsAtTheEndEvenWithTheRightProof)
{
    auto scram = challenged(rfc_nonce, pencil(), false);
    EXPECT_TRUE(std::holds_alternative<Failed>(scram->on_response(rfc_final)));
}

// What was heard once opens nothing a second time: the server's part of the nonce is new.
TEST(Scram, ReplayedMessageFails)
{
    auto scram = challenged("another-nonce", pencil(), true);
    const auto turn = scram->on_response(rfc_final);
    ASSERT_TRUE(std::holds_alternative<Failed>(turn));
    EXPECT_NE(std::get<Failed>(turn).reason.find("nonce"), std::string::npos);
}

TEST(Scram, MalformedMessagesAreSaidToBe)
{
    auto scram = make_mechanism("SCRAM-SHA-256", {}, rfc_nonce);
    EXPECT_TRUE(std::holds_alternative<Malformed>(scram->on_response("n,,r=1")));
    scram = challenged(rfc_nonce, pencil(), true);
    EXPECT_TRUE(std::holds_alternative<Malformed>(scram->on_response("c=biws")));
    // No second guess in one exchange.
    EXPECT_TRUE(std::holds_alternative<Malformed>(scram->on_response(rfc_final)));
}

// RFC 5802 section 6: somebody took -PLUS out of what the client was told.
TEST(Scram, ClientThatWasToldWeCannotBindIsRefusedWhenWeCan)
{
    const std::string first = "y,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    auto scram = make_mechanism("SCRAM-SHA-256", {std::string(32, 'x'), {}}, rfc_nonce);
    EXPECT_TRUE(std::holds_alternative<Failed>(scram->on_response(first)));
    scram = make_mechanism("SCRAM-SHA-256", {}, rfc_nonce);
    EXPECT_TRUE(std::holds_alternative<NeedKeys>(scram->on_response(first)));
}

TEST(Scram, BindingBelongsToPlusAndOnlyToIt)
{
    const ChannelBindings bindings{std::string(32, 'x'), {}};
    auto scram = make_mechanism("SCRAM-SHA-256", bindings, rfc_nonce);
    EXPECT_TRUE(std::holds_alternative<Malformed>(scram->on_response("p=tls-exporter,,n=u,r=1")));
    scram = make_mechanism("SCRAM-SHA-256-PLUS", bindings, rfc_nonce);
    EXPECT_TRUE(std::holds_alternative<Malformed>(scram->on_response("n,,n=u,r=1")));
    scram = make_mechanism("SCRAM-SHA-256-PLUS", bindings, rfc_nonce);
    EXPECT_TRUE(std::holds_alternative<Failed>(scram->on_response("p=tls-unique,,n=u,r=1")));
}

TEST(Plain, AsksForTheMessageThatDidNotComeAtOnce)
{
    auto mechanism = make_mechanism("plain", {}, "");
    EXPECT_EQ(challenge_of(mechanism->on_response(std::nullopt)), "");
    const auto turn = mechanism->on_response("boss\0ann\0secret"s);
    const auto& check = std::get<CheckPassword>(turn);
    EXPECT_EQ(check.user, "ann");
    EXPECT_EQ(check.password, "secret");
    EXPECT_EQ(check.authorization, "boss");
}

// Q173656: the words that historic clients wait for.
TEST(Login, AsksForNameAndPasswordInTheHistoricWords)
{
    auto mechanism = make_mechanism("LOGIN", {}, "");
    EXPECT_EQ(challenge_of(mechanism->on_response(std::nullopt)), "Username:");
    EXPECT_EQ(challenge_of(mechanism->on_response("ann")), "Password:");
    EXPECT_EQ(std::get<CheckPassword>(mechanism->on_response("secret")).password, "secret");

    mechanism = make_mechanism("LOGIN", {}, "");
    EXPECT_EQ(challenge_of(mechanism->on_response("ann")), "Password:");  // initial response
    EXPECT_TRUE(std::holds_alternative<Malformed>(mechanism->on_response("")));
}

TEST(External, NamesWhomToActAs)
{
    auto mechanism = make_mechanism("EXTERNAL", {}, "");
    EXPECT_EQ(challenge_of(mechanism->on_response(std::nullopt)), "");
    EXPECT_EQ(std::get<CheckCertificate>(mechanism->on_response("")).authorization, "");
    mechanism = make_mechanism("EXTERNAL", {}, "");
    EXPECT_TRUE(std::holds_alternative<Malformed>(mechanism->on_response("a\0b"s)));
}

TEST(Mechanism, ThereAreNoOthers)
{
    for (const auto* name : {"ANONYMOUS", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "GSSAPI", ""})
        EXPECT_EQ(make_mechanism(name, {}, ""), nullptr) << name;
}

/// libgsasl, a client that was written by others.
class GsaslClient {
public:
    GsaslClient(const char* mechanism, const std::string& user, const std::string& password,
                const std::string& exporter = {})
    {
        if (gsasl_init(&context_) != GSASL_OK) throw std::runtime_error{"gsasl_init"};
        if (gsasl_client_start(context_, mechanism, &session_) != GSASL_OK)
            throw std::runtime_error{"gsasl_client_start"};
        gsasl_property_set(session_, GSASL_AUTHID, user.c_str());
        gsasl_property_set(session_, GSASL_PASSWORD, password.c_str());
        if (!exporter.empty())
            gsasl_property_set(session_, GSASL_CB_TLS_EXPORTER, base64_encode(exporter).c_str());
    }
    GsaslClient(const GsaslClient&) = delete;
    GsaslClient& operator=(const GsaslClient&) = delete;
    ~GsaslClient()
    {
        gsasl_finish(session_);
        gsasl_done(context_);
    }

    /// GSASL_OK or GSASL_NEEDS_MORE, and what it says.
    std::pair<int, std::string> step(const std::string& input)
    {
        char* out = nullptr;
        std::size_t size = 0;
        const int code = gsasl_step(session_, input.data(), input.size(), &out, &size);
        std::string text{out == nullptr ? "" : out, out == nullptr ? 0 : size};
        gsasl_free(out);
        return {code, text};
    }

private:
    Gsasl* context_ = nullptr;
    Gsasl_session* session_ = nullptr;
};

/// The whole conversation; what the client thinks at its end.
Turn converse(Mechanism& server, GsaslClient& client, const ScramKeys& keys, int& client_says)
{
    auto said = client.step("");
    EXPECT_EQ(said.first, GSASL_NEEDS_MORE);
    auto turn = server.on_response(said.second);
    if (!std::holds_alternative<NeedKeys>(turn)) return turn;
    said = client.step(challenge_of(server.on_keys(keys, true)));
    turn = server.on_response(said.second);
    if (const auto* proved = std::get_if<Proved>(&turn))
        client_says = client.step(proved->data).first;
    return turn;
}

TEST(Scram, LibgsaslSignsInAndBelievesUs)
{
    const auto keys = make_scram_keys("r\xc3\xa4tsel", random_octets(16), 4096);
    for (const auto* user : {"ann", "a,b=c"}) {
        auto server = make_mechanism("SCRAM-SHA-256", {}, base64_encode(random_octets(18)));
        GsaslClient client{"SCRAM-SHA-256", user, "ra\xcc\x88tsel"};  // decomposed
        int client_says = -1;
        EXPECT_TRUE(std::holds_alternative<Proved>(converse(*server, client, keys, client_says)));
        EXPECT_EQ(client_says, GSASL_OK);
    }
}

TEST(Scram, LibgsaslWithAnotherPasswordFails)
{
    const auto keys = make_scram_keys("pencil", random_octets(16), 4096);
    auto server = make_mechanism("SCRAM-SHA-256", {}, base64_encode(random_octets(18)));
    GsaslClient client{"SCRAM-SHA-256", "ann", "pencils"};
    int client_says = -1;
    EXPECT_TRUE(std::holds_alternative<Failed>(converse(*server, client, keys, client_says)));
}

// RFC 9266: the same connection at both ends, or nothing.
TEST(Scram, LibgsaslBindsToTheChannel)
{
    const auto keys = make_scram_keys("pencil", random_octets(16), 4096);
    const auto channel = random_octets(32);
    int client_says = -1;
    {
        auto server =
            make_mechanism("SCRAM-SHA-256-PLUS", {channel, {}}, base64_encode(random_octets(18)));
        GsaslClient client{"SCRAM-SHA-256-PLUS", "ann", "pencil", channel};
        EXPECT_TRUE(std::holds_alternative<Proved>(converse(*server, client, keys, client_says)));
        EXPECT_EQ(client_says, GSASL_OK);
    }
    // Somebody in the middle: the client's TLS ends elsewhere.
    auto server = make_mechanism("SCRAM-SHA-256-PLUS", {random_octets(32), {}},
                                 base64_encode(random_octets(18)));
    GsaslClient client{"SCRAM-SHA-256-PLUS", "ann", "pencil", channel};
    const auto turn = converse(*server, client, keys, client_says);
    ASSERT_TRUE(std::holds_alternative<Failed>(turn));
    EXPECT_NE(std::get<Failed>(turn).reason.find("binding"), std::string::npos);
}

}  // namespace
}  // namespace imc::smtp::sasl
