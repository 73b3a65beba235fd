import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;

/** Says what part of a PNG has a colour of the chart, in thousandths, or how many shapes an SVG has. */
final class CheckPicture {

    private static final int IN_FLIGHT = 0x0072B2;
    private static final int IDLE = 0xA6D8F5;
    private static final int WANTED = 0xD55E00;
    private static final int WHITE = 0xFFFFFF;

    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[0]);
        if (args[0].endsWith(".svg")) {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
            Document svg = factory.newDocumentBuilder().parse(Files.newInputStream(file));
            System.out.println("paths " + svg.getElementsByTagName("path").getLength());
            System.out.println("lines " + svg.getElementsByTagName("line").getLength());
            return;
        }
        BufferedImage image = ImageIO.read(file.toFile());
        System.out.println("width " + image.getWidth());
        System.out.println("in-flight " + thousandths(image, IN_FLIGHT));
        System.out.println("idle " + thousandths(image, IDLE));
        System.out.println("wanted " + thousandths(image, WANTED));
        System.out.println("white " + thousandths(image, WHITE));
    }

    private static long thousandths(BufferedImage image, int color) {
        long count = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                count += (image.getRGB(x, y) & 0xFFFFFF) == color ? 1 : 0;
            }
        }
        return 1000 * count / ((long) image.getWidth() * image.getHeight());
    }
}
