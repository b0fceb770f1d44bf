import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

public class MyDaytime {
    public static void main(String[] args) {
        if (args.length != 1) {
            System.err.println("usage: MyDaytime IP");
            System.exit(1);
        }
        try (Socket s = new Socket(args[0], 13)) {
            InputStream in = s.getInputStream();
            byte[] buf = new byte[4096];
            int n;
            while ((n = in.read(buf)) > 0) {
                System.out.write(buf, 0, n);
                System.out.flush();
            }
        } catch (IOException e) {
            System.err.println("MyDaytime: " + e.getMessage());
            System.exit(1);
        }
        if (System.out.checkError()) System.exit(1);
    }
}
