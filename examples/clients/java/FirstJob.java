import io.jobwright.authentication.AuthenticationService;
import io.jobwright.authentication.LoginOptions;
import io.jobwright.authentication.LoginResult;
import io.jobwright.common.SystemException;
import io.jobwright.job_template.JobTemplate;
import io.jobwright.job_template.JobTemplateLockFailed;
import io.jobwright.job_template.JobTemplateParams;
import io.jobwright.job_template.JobTemplateService;
import io.jobwright.jobs.CreateJobOverrides;
import io.jobwright.jobs.JobActionResponse;
import io.jobwright.jobs.JobActionStepResponse;
import io.jobwright.jobs.JobHistory;
import io.jobwright.jobs.JobRequestOptions;
import io.jobwright.jobs.JobsService;
import io.jobwright.step.BaseStep;
import io.jobwright.step.Step;
import io.jobwright.step.StepImpl;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TCompactProtocol;
import org.apache.thrift.protocol.TJSONProtocol;
import org.apache.thrift.protocol.TMultiplexedProtocol;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.protocol.TProtocolFactory;
import org.apache.thrift.transport.THttpClient;
import org.apache.thrift.transport.TSocket;
import org.apache.thrift.transport.TTransport;
import org.apache.thrift.transport.layered.TFramedTransport;

/**
 * A first procedure and a first job, from the login to the history, with the refusals that every client meets.
 *
 *   make
 *   JOBWRIGHT_PASSWORD=… make run [ARGS="[host] [port] [e-mail] [framed|buffered|http] [binary|compact|json]"]
 */
public class FirstJob {
  private static String host = "127.0.0.1";
  private static int port = 9090;
  private static String email = "admin@localhost";
  private static String transport = "framed";
  private static String protocol = "binary";

  private static final Map<String, TProtocolFactory> PROTOCOLS = Map.of(
      "binary", new TBinaryProtocol.Factory(),
      "compact", new TCompactProtocol.Factory(),
      "json", new TJSONProtocol.Factory());

  public static void main(String[] args) throws TException {
    if (args.length > 0) host = args[0];
    if (args.length > 1) port = Integer.parseInt(args[1]);
    if (args.length > 2) email = args[2];
    if (args.length > 3) transport = args[3];
    if (args.length > 4) protocol = args[4];

    Session session = new Session();
    var team = session.login.getTeamIdToInfo().values().iterator().next();
    System.out.printf("logged in as %s, team %s%n", session.login.getCurrentUser().getEmail(), team.getName());
    runJob(session, publishTemplate(session, team.getId()));
    session.end();
  }

  /** @return the id of a template that is written and published */
  private static String publishTemplate(Session session, String teamId) throws TException {
    // Content is edited under the lock, and every edit makes a new entry. Fields left unset get their zero at the
    // server.
    JobTemplateParams params = new JobTemplateParams().setTitle("Change the filter of an air handler");
    JobTemplate template = session.templates.create(teamId, params, List.of());
    session.templates.acquireLock(template.getId());
    for (String title : List.of("Lock out the fan", "Change the filter", "Run the fan and read the pressure drop")) {
      BaseStep step = new BaseStep().setTitle(title).setImpl(StepImpl.step(new Step().setStepFields(List.of())));
      String root = template.getStepGroup().getId();
      var edited = session.templates.addStepModular(template.getId(), root, step, -1, false);
      System.out.printf("entry %d: \"%s\" added%n", edited.getInternalVersion(), title);
    }

    // The lock belongs to the token: even the same user does not get it with another one.
    Session elsewhere = new Session();
    try {
      elsewhere.templates.acquireLock(template.getId());
    } catch (JobTemplateLockFailed failed) {
      String holder = failed.getPreviousLock().getLockHolder().getEmail();
      System.out.printf("lock failed: %s (held by %s)%n", failed.getMessage(), holder);
    }
    elsewhere.end();
    session.templates.releaseLock(template.getId());

    // Any other refusal is a SystemException: the slug is for programs, the message for people.
    try {
      session.jobs.createJobs(template.getId(), new CreateJobOverrides());
    } catch (SystemException refusal) {
      int code = refusal.getErrorCode().getValue();
      System.out.printf("refused: %s (%d): %s%n", refusal.getSlug(), code, refusal.getMessage());
    }
    System.out.printf("published as version %d%n", session.templates.publish(template.getId()).getPublicVersion());
    return template.getId();
  }

  private static void runJob(Session session, String templateId) throws TException {
    CreateJobOverrides overrides = new CreateJobOverrides().setJobName("Filter of air handler 3");
    String jobId = session.jobs.createJobs(templateId, overrides).getJobIds().get(0);

    // Refusals of single steps come in the answer. No step ids means all current steps.
    JobActionStepResponse early = session.jobs.finishSteps(jobId, List.of()).getStepResponses().get(0);
    System.out.printf("refused at a step: %s: %s%n", early.getStatus(), early.getStatusDescription());
    while (!session.jobs.getJob(jobId, new JobRequestOptions()).isClosed()) {
      JobActionResponse started = session.jobs.startSteps(jobId, List.of());
      JobActionResponse finished = session.jobs.finishSteps(jobId, List.of());
      if (!started.isSuccess() || !finished.isSuccess()) throw new IllegalStateException("a step was refused");
    }

    DateTimeFormatter times = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);
    for (JobHistory row : session.jobs.getJobHistory(jobId)) {
      String date = times.format(Instant.ofEpochMilli(row.getDate()));
      String step = row.isSetStepName() ? "  " + row.getStepName() : "";
      System.out.printf("%s  %s  %s%s%n", date, row.getUsername(), row.getAction(), step);
    }
  }

  /** How a service is reached, and how its calls show the token of a login. */
  private interface Connection {
    TProtocol service(String name) throws TException;

    void show(String token);

    void close();
  }

  /** One TCP connection for all services: names tell them apart, and the login binds the token to the connection. */
  private static class TcpConnection implements Connection {
    private final TTransport channel;

    TcpConnection() throws TException {
      // A socket of this library has a buffer of its own.
      TSocket socket = new TSocket(host, port);
      channel = transport.equals("framed") ? new TFramedTransport(socket) : socket;
      channel.open();
    }

    public TProtocol service(String name) {
      return new TMultiplexedProtocol(PROTOCOLS.get(protocol).getProtocol(channel), name);
    }

    public void show(String token) {}

    public void close() {
      channel.close();
    }
  }

  /** A URL per service; every request shows the token in a header. */
  private static class HttpConnection implements Connection {
    private static final Map<String, String> PATHS = Map.of(
        "AuthenticationService", "auth", "JobTemplateService", "job_templates", "JobsService", "jobs");
    private final List<THttpClient> clients = new ArrayList<>();

    public TProtocol service(String name) throws TException {
      THttpClient client = new THttpClient("http://" + host + ":" + port + "/api/" + PATHS.get(name));
      clients.add(client);
      return PROTOCOLS.get(protocol).getProtocol(client);
    }

    public void show(String token) {
      for (THttpClient client : clients) client.setCustomHeader("Authorization", "Token " + token);
    }

    public void close() {
      for (THttpClient client : clients) client.close();
    }
  }

  /** The services of a connection on which a user has logged in. */
  private static class Session {
    private final Connection connection = transport.equals("http") ? new HttpConnection() : new TcpConnection();
    final AuthenticationService.Iface auth =
        new AuthenticationService.Client(connection.service("AuthenticationService"));
    final JobTemplateService.Iface templates =
        new JobTemplateService.Client(connection.service("JobTemplateService"));
    final JobsService.Iface jobs = new JobsService.Client(connection.service("JobsService"));
    final LoginResult login;

    Session() throws TException {
      String password = System.getenv().getOrDefault("JOBWRIGHT_PASSWORD", "");
      login = auth.login(email, password, new LoginOptions());
      connection.show(login.getAuthToken());
    }

    void end() throws TException {
      auth.logout();
      connection.close();
    }
  }
}
