import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

public class Limit {
    public static void main(String[] args) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/limits")))
            if (line.startsWith("Max open files"))
                System.out.println("getdtablesize() = " + line.split(" +")[3]);
    }
}
