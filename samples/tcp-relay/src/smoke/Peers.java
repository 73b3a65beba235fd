import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Both ends of relayed connections, on plain sockets. Prints the port of the target, then answers each command from the
 * standard input with one line:
 *
 * <pre>
 *   talk PORT CONNECTIONS BYTES     send so many random bytes both ways, checked by SHA-256 at the other end
 *   stall PORT CONNECTIONS          half of the connections flood a target, half are flooded; nobody reads
 *   abort PORT CONNECTIONS          reset connections in the middle of a talk
 *   knock PORT                      connect and read to the end
 *   release                         close both ends of what is stalled
 * </pre>
 */
final class Peers {

    private static final byte TALK = 1;
    private static final byte FLOOD = 2;
    private static final byte BE_FLOODED = 3;
    private static final int CHUNK = 16 << 10;
    private static final int DIGEST = 32;
    private static final int SILENT_MILLIS = 120_000;

    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    });
    private final List<Socket> stalled = new ArrayList<>();

    public static void main(String[] arguments) throws Exception {
        Peers peers = new Peers();
        ServerSocket target = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
        peers.threads.execute(() -> peers.accept(target));
        System.out.println(target.getLocalPort());
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split(" ");
            System.out.println(peers.answer(
                    words[0],
                    Arrays.stream(words).skip(1).mapToInt(Integer::parseInt).toArray()));
        }
    }

    private String answer(String command, int[] n) throws Exception {
        switch (command) {
            case "talk":
                return together(n[1], i -> talk(n[0], i, n[2], Integer.MAX_VALUE));
            case "abort":
                return together(n[1], i -> talk(n[0], i, 64 << 20, 1 << 18));
            case "stall":
                return together(n[1], i -> stall(n[0], i % 2 == 0));
            case "knock":
                return together(1, i -> knock(n[0]));
            case "release":
                return release();
            default:
                throw new IllegalArgumentException(command);
        }
    }

    private interface Work {
        String of(int i) throws Exception;
    }

    /** Runs all at once; the answer says how many succeeded, or what went wrong. */
    private String together(int count, Work work) throws Exception {
        List<Future<String>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            Callable<String> one = () -> work.of(number);
            all.add(threads.submit(one));
        }
        int done = 0;
        for (Future<String> one : all) {
            try {
                String wrong = one.get(SILENT_MILLIS, TimeUnit.MILLISECONDS);
                if (!wrong.isEmpty()) {
                    return wrong;
                }
                done++;
            } catch (Exception e) {
                return e.toString();
            }
        }
        return done + " done";
    }

    private Socket connect(int port, byte what) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(SILENT_MILLIS);
        socket.getOutputStream().write(what);
        return socket;
    }

    /** The header says how many bytes the target is to send, and from which seed. */
    private String talk(int port, int seed, int bytes, int abortAfter) throws Exception {
        try (Socket socket = connect(port, TALK)) {
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(bytes);
            out.writeInt(seed + 1_000_000);
            Future<byte[]> sending = threads.submit(() -> send(socket, seed, bytes));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] received = digest(in, Math.min(bytes, abortAfter));
            if (abortAfter < bytes) {
                socket.setSoLinger(true, 0);
                return "";
            }
            byte[] atTarget = new byte[DIGEST];
            in.readFully(atTarget);
            if (in.read() >= 0) {
                return "the target sent too much";
            } else if (!Arrays.equals(received, digest(new Random(seed + 1_000_000), bytes))) {
                return "what came from the target is wrong";
            }
            return Arrays.equals(atTarget, sending.get()) ? "" : "what came to the target is wrong";
        }
    }

    /** Ends by closing this direction. */
    private static byte[] send(Socket socket, int seed, int bytes) throws Exception {
        byte[] digest = write(socket.getOutputStream(), seed, bytes);
        socket.shutdownOutput();
        return digest;
    }

    private static byte[] write(OutputStream out, int seed, int bytes) throws Exception {
        return write(out, new Random(seed), bytes);
    }

    private static byte[] digest(Random random, int bytes) throws Exception {
        return write(OutputStream.nullOutputStream(), random, bytes);
    }

    private static byte[] write(OutputStream out, Random random, int bytes) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] chunk = new byte[CHUNK];
        for (int written = 0; written < bytes; ) {
            random.nextBytes(chunk);
            int length = Math.min(chunk.length, bytes - written);
            digest.update(chunk, 0, length);
            out.write(chunk, 0, length);
            written += length;
        }
        return digest.digest();
    }

    /** Reads so many bytes, or to the end if that is negative. */
    private static byte[] digest(InputStream in, int bytes) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] chunk = new byte[CHUNK];
        for (int read = 0; bytes < 0 || read < bytes; ) {
            int length = in.read(chunk, 0, bytes < 0 ? chunk.length : Math.min(chunk.length, bytes - read));
            if (length < 0) {
                if (bytes < 0) {
                    break;
                }
                throw new IOException("ended after " + read + " of " + bytes + " bytes");
            }
            digest.update(chunk, 0, length);
            read += length;
        }
        return digest.digest();
    }

    /** Returns when everything between here and there is full. */
    private String stall(int port, boolean flood) throws Exception {
        Socket socket = connect(port, flood ? BE_FLOODED : FLOOD);
        addStalled(socket);
        if (flood) {
            threads.submit(() -> write(socket.getOutputStream(), 1, Integer.MAX_VALUE));
        }
        return "";
    }

    private synchronized void addStalled(Socket socket) {
        stalled.add(socket);
    }

    private synchronized String release() throws IOException {
        for (Socket socket : stalled) {
            socket.close();
        }
        stalled.clear();
        return "released";
    }

    private String knock(int port) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(SILENT_MILLIS);
            return socket.getInputStream().read() < 0 ? "" : "there was something to read";
        } catch (IOException e) {
            return ""; // reset is as good as closed
        }
    }

    private void accept(ServerSocket target) {
        while (true) {
            try {
                Socket socket = target.accept();
                threads.submit(() -> serve(socket));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private String serve(Socket socket) throws Exception {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte what = in.readByte();
        if (what == FLOOD) {
            write(socket.getOutputStream(), 1, Integer.MAX_VALUE);
        } else if (what == BE_FLOODED) {
            addStalled(socket);
        } else {
            int bytes = in.readInt();
            int seed = in.readInt();
            Future<byte[]> receiving = threads.submit(() -> digest(in, -1));
            write(socket.getOutputStream(), seed, bytes);
            socket.getOutputStream().write(receiving.get());
            socket.close();
        }
        return "";
    }
}
