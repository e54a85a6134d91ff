/*
 * A first procedure and a first job, from the login to the history, with the refusals that every client meets.
 *
 *   make -j4
 *   JOBWRIGHT_PASSWORD=… build/first_job [host] [port] [e-mail] [framed|buffered|http] [binary|compact|json]
 */
#include <cstdlib>
#include <ctime>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/protocol/TJSONProtocol.h>
#include <thrift/protocol/TMultiplexedProtocol.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/THttpClient.h>
#include <thrift/transport/TSocket.h>

#include "AuthenticationService.h"
#include "JobTemplateService.h"
#include "JobsService.h"

using namespace apache::thrift::protocol;
using namespace apache::thrift::transport;
using namespace jobwright;

struct Options {
  std::string host = "127.0.0.1";
  int port = 9090;
  std::string email = "admin@localhost";
  std::string transport = "framed";
  std::string protocol = "binary";
  std::string password;
} options;

std::shared_ptr<TProtocol> protocolOver(std::shared_ptr<TTransport> transport) {
  if (options.protocol == "binary") return std::make_shared<TBinaryProtocol>(transport);
  if (options.protocol == "compact") return std::make_shared<TCompactProtocol>(transport);
  if (options.protocol == "json") return std::make_shared<TJSONProtocol>(transport);
  throw std::invalid_argument("no protocol is called " + options.protocol);
}

/** How a service is reached, and how its calls show the token of a login. */
class Connection {
 public:
  virtual ~Connection() = default;
  virtual std::shared_ptr<TProtocol> service(const std::string& name) = 0;
  virtual void show(const std::string& token) = 0;
  virtual void close() = 0;
};

/** One TCP connection for all services: names tell them apart, and the login binds the token to the connection. */
class TcpConnection : public Connection {
  std::shared_ptr<TTransport> transport_;

 public:
  TcpConnection() {
    auto socket = std::make_shared<TSocket>(options.host, options.port);
    if (options.transport == "framed")
      transport_ = std::make_shared<TFramedTransport>(socket);
    else
      transport_ = std::make_shared<TBufferedTransport>(socket);
    transport_->open();
  }

  std::shared_ptr<TProtocol> service(const std::string& name) override {
    return std::make_shared<TMultiplexedProtocol>(protocolOver(transport_), name);
  }

  void show(const std::string&) override {}
  void close() override { transport_->close(); }
};

/** The library's HTTP client with a header of our own, which it has no other way to add. */
class TokenHttpClient : public THttpClient {
 public:
  using THttpClient::THttpClient;
  std::string token;

  void flush() override {
    uint8_t* body;
    uint32_t size;
    writeBuffer_.getBuffer(&body, &size);
    std::ostringstream head;
    head << "POST " << path_ << " HTTP/1.1\r\nHost: " << host_ << "\r\nContent-Type: application/x-thrift\r\n"
         << "Accept: application/x-thrift\r\nContent-Length: " << size << "\r\n";
    if (!token.empty()) head << "Authorization: Token " << token << "\r\n";
    head << "\r\n";
    const std::string text = head.str();
    transport_->write(reinterpret_cast<const uint8_t*>(text.data()), static_cast<uint32_t>(text.size()));
    transport_->write(body, size);
    transport_->flush();
    writeBuffer_.resetBuffer();
    readHeaders_ = true;
  }
};

/** A URL per service; every request shows the token in a header. */
class HttpConnection : public Connection {
  std::vector<std::shared_ptr<TokenHttpClient>> clients_;

 public:
  std::shared_ptr<TProtocol> service(const std::string& name) override {
    static const std::map<std::string, std::string> paths = {
        {"AuthenticationService", "auth"}, {"JobTemplateService", "job_templates"}, {"JobsService", "jobs"}};
    auto socket = std::make_shared<TSocket>(options.host, options.port);
    const std::string host = options.host + ":" + std::to_string(options.port);
    clients_.push_back(std::make_shared<TokenHttpClient>(socket, host, "/api/" + paths.at(name)));
    clients_.back()->open();
    return protocolOver(clients_.back());
  }

  void show(const std::string& token) override {
    for (auto& client : clients_) client->token = token;
  }

  void close() override {
    for (auto& client : clients_) client->close();
  }
};

std::shared_ptr<Connection> connect() {
  if (options.transport == "http") return std::make_shared<HttpConnection>();
  return std::make_shared<TcpConnection>();
}

/** The services of a connection on which a user has logged in. */
struct Session {
  std::shared_ptr<Connection> connection = connect();
  authentication::AuthenticationServiceClient auth{connection->service("AuthenticationService")};
  job_template::JobTemplateServiceClient templates{connection->service("JobTemplateService")};
  jobs::JobsServiceClient jobs{connection->service("JobsService")};
  authentication::LoginResult login;

  Session() {
    auth.login(login, options.email, options.password, authentication::LoginOptions());
    connection->show(login.authToken);
  }

  void end() {
    auth.logout();
    connection->close();
  }
};

/** Returns the id of a template that it writes and publishes. */
std::string publishTemplate(Session& session, const std::string& teamId) {
  // Content is edited under the lock, and every edit makes a new entry. Fields left unset get their zero at the server.
  job_template::JobTemplateParams params;
  params.__set_title("Change the filter of an air handler");
  job_template::JobTemplate created;
  session.templates.create(created, teamId, params, {});
  job_template::JobTemplateLock lock;
  session.templates.acquireLock(lock, created.id);
  for (const auto& title : {"Lock out the fan", "Change the filter", "Run the fan and read the pressure drop"}) {
    step::BaseStep added;
    added.__set_title(title);
    added.impl.__set_step(step::Step());
    job_template::JobTemplateModular edited;
    session.templates.addStepModular(edited, created.id, created.stepGroup.id, added, -1, false);
    std::cout << "entry " << edited.internalVersion << ": \"" << title << "\" added\n";
  }

  // The lock belongs to the token: even the same user does not get it with another one.
  Session elsewhere;
  try {
    elsewhere.templates.acquireLock(lock, created.id);
  } catch (const job_template::JobTemplateLockFailed& failed) {
    const auto& holder = failed.previousLock.lockHolder;
    std::cout << "lock failed: " << failed.message << " (held by " << holder.email << ")\n";
  }
  elsewhere.end();
  session.templates.releaseLock(created.id);

  // Any other refusal is a SystemException: the slug is for programs, the message for people.
  try {
    jobs::CreateJobsResponse none;
    session.jobs.createJobs(none, created.id, jobs::CreateJobOverrides());
  } catch (const common::SystemException& refusal) {
    const int code = refusal.errorCode;
    std::cout << "refused: " << refusal.slug << " (" << code << "): " << refusal.message << "\n";
  }
  job_template::JobTemplate published;
  session.templates.publish(published, created.id);
  std::cout << "published as version " << published.publicVersion << "\n";
  return created.id;
}

std::string dateOf(int64_t milliseconds) {
  const std::time_t seconds = milliseconds / 1000;
  std::ostringstream text;
  text << std::put_time(std::gmtime(&seconds), "%Y-%m-%dT%H:%M:%S") << '.' << std::setw(3) << std::setfill('0')
       << milliseconds % 1000 << 'Z';
  return text.str();
}

void runJob(Session& session, const std::string& templateId) {
  jobs::CreateJobOverrides overrides;
  overrides.__set_jobName("Filter of air handler 3");
  jobs::CreateJobsResponse made;
  session.jobs.createJobs(made, templateId, overrides);
  const std::string& jobId = made.jobIds.at(0);

  // Refusals of single steps come in the answer. No step ids means all current steps.
  jobs::JobActionResponse answer;
  session.jobs.finishSteps(answer, jobId, {});
  const auto& early = answer.stepResponses.at(0);
  std::cout << "refused at a step: " << early.status << ": " << early.statusDescription << "\n";
  jobs::Job job;
  for (session.jobs.getJob(job, jobId, {}); !job.closed; session.jobs.getJob(job, jobId, {})) {
    jobs::JobActionResponse started, finished;
    session.jobs.startSteps(started, jobId, {});
    session.jobs.finishSteps(finished, jobId, {});
    if (!started.success || !finished.success) throw std::runtime_error("a step was refused");
  }

  std::vector<jobs::JobHistory> history;
  session.jobs.getJobHistory(history, jobId);
  for (const auto& row : history) {
    std::cout << dateOf(row.date) << "  " << row.username << "  " << row.action;
    if (row.__isset.stepName) std::cout << "  " << row.stepName;
    std::cout << "\n";
  }
}

int main(int argc, char** argv) {
  if (argc > 1) options.host = argv[1];
  if (argc > 2) options.port = std::stoi(argv[2]);
  if (argc > 3) options.email = argv[3];
  if (argc > 4) options.transport = argv[4];
  if (argc > 5) options.protocol = argv[5];
  if (const char* password = std::getenv("JOBWRIGHT_PASSWORD")) options.password = password;

  try {
    Session session;
    const auto& team = session.login.teamIdToInfo.begin()->second;
    std::cout << "logged in as " << session.login.currentUser.email << ", team " << team.name << "\n";
    runJob(session, publishTemplate(session, team.id));
    session.end();
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
