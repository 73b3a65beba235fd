package dev.sluice;

import static org.assertj.core.api.Assertions.fail;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedArrayType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.AnnotatedTypeVariable;
import java.lang.reflect.AnnotatedWildcardType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericDeclaration;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.TypeVariable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Compares all that a user can call with {@code src/test/resources/public-api.txt}, so that a change of it is seen in
 * review. Nullness is part of it; parameter names are not.
 */
class PublicApiTest {
    private static final String ROOT = "dev.sluice";
    private static final Path GOLDEN = Path.of("src", "test", "resources", "public-api.txt");

    @Test
    void publicApiIsTheRecordedOne() throws IOException {
        List<String> actual = render(publicTypes());
        if (Boolean.getBoolean("api.write")) {
            Files.createDirectories(GOLDEN.getParent());
            Files.writeString(GOLDEN, String.join("\n", actual) + "\n");
        }
        List<String> recorded = Files.exists(GOLDEN) ? Files.readAllLines(GOLDEN) : List.of();
        if (!recorded.equals(actual)) {
            fail("""
                    The public API is not the one in %s (- recorded, + compiled):

                    %s

                    If that is intended, record it and commit the file:

                        mvn -B verify -Dtest=PublicApiTest -Dapi.write=true
                    """, GOLDEN, String.join("\n", difference(recorded, actual)));
        }
    }

    private static List<Class<?>> publicTypes() {
        return new ClassFileImporter()
                .withImportOption(new NoTests()).importPackages(ROOT).stream()
                        .<Class<?>>map(JavaClass::reflect)
                        .filter(PublicApiTest::isAccessible)
                        .sorted(Comparator.comparing(Class::getName))
                        .toList();
    }

    private static boolean isAccessible(Class<?> type) {
        return isAccessible(type.getModifiers())
                && !type.isSynthetic()
                && !type.isAnonymousClass()
                && !type.isLocalClass()
                && (type.getEnclosingClass() == null || isAccessible(type.getEnclosingClass()));
    }

    private static boolean isAccessible(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    private static List<String> render(List<Class<?>> types) {
        List<String> lines = new ArrayList<>();
        for (Class<?> type : types) {
            lines.add(header(type) + " {");
            members(type).forEach(member -> lines.add("    " + member));
            lines.add("}");
        }
        return lines;
    }

    private static String header(Class<?> type) {
        StringBuilder header = new StringBuilder(deprecation(type));
        int ignored = Modifier.STATIC;
        if (type.isInterface()) {
            ignored |= Modifier.ABSTRACT;
        } else if (type.isEnum() || type.isRecord()) {
            ignored |= Modifier.FINAL | Modifier.ABSTRACT;
        }
        header.append(modifiers(type.getModifiers() & ~ignored));
        if (type.isSealed()) {
            header.append("sealed ");
        }
        header.append(kind(type)).append(' ').append(type.getCanonicalName()).append(parameters(type));
        if (type.isRecord()) {
            header.append(Stream.of(type.getRecordComponents())
                    .map(component -> render(component.getAnnotatedType()) + " " + component.getName())
                    .collect(Collectors.joining(", ", "(", ")")));
        }
        AnnotatedType parent = visibleParent(type);
        if (parent != null && parent.getType() != Object.class && !type.isRecord() && !type.isEnum()) {
            header.append(" extends ").append(render(parent));
        }
        String interfaces = Stream.of(type.getAnnotatedInterfaces())
                .filter(each -> !isHidden(raw(each)))
                .map(PublicApiTest::render)
                .collect(Collectors.joining(", "));
        if (!interfaces.isEmpty()) {
            header.append(type.isInterface() ? " extends " : " implements ").append(interfaces);
        }
        if (type.isSealed()) {
            String permitted = Stream.of(type.getPermittedSubclasses())
                    .filter(PublicApiTest::isAccessible)
                    .map(PublicApiTest::name)
                    .sorted() // where nothing is written, the compiler decides the order
                    .collect(Collectors.joining(", "));
            header.append(permitted.isEmpty() ? "" : " permits " + permitted);
        }
        return header.toString();
    }

    private static String kind(Class<?> type) {
        if (type.isAnnotation()) {
            return "@interface";
        }
        return type.isInterface() ? "interface" : type.isEnum() ? "enum" : type.isRecord() ? "record" : "class";
    }

    private static AnnotatedType visibleParent(Class<?> type) {
        AnnotatedType parent = type.getAnnotatedSuperclass();
        while (parent != null && isHidden(raw(parent))) {
            parent = raw(parent).getAnnotatedSuperclass();
        }
        return parent;
    }

    private static boolean isHidden(Class<?> type) {
        return type.getName().startsWith(ROOT + ".") && !isAccessible(type);
    }

    private static Class<?> raw(AnnotatedType type) {
        return (Class<?>) (type.getType() instanceof ParameterizedType generic ? generic.getRawType() : type.getType());
    }

    /** Constants, fields, constructors and methods, also those that a hidden supertype hands down. */
    private static List<String> members(Class<?> type) {
        List<String> members = new ArrayList<>();
        Collection<Class<?>> declaring = withHiddenSupertypes(type);
        if (type.isEnum()) {
            Stream.of(type.getFields())
                    .filter(Field::isEnumConstant)
                    .forEach(constant -> members.add(deprecation(constant) + constant.getName()));
        }
        declaring.stream()
                .flatMap(each -> Stream.of(each.getDeclaredFields()))
                .filter(field -> isVisible(field, type) && !field.isEnumConstant())
                .sorted(Comparator.comparing(Field::getName))
                .map(PublicApiTest::field)
                .forEach(members::add);
        Stream.of(type.getDeclaredConstructors())
                .filter(constructor -> isVisible(constructor, type) && !isImplicit(constructor))
                .map(PublicApiTest::constructor)
                .sorted()
                .forEach(members::add);
        TreeMap<String, String> methods = new TreeMap<>();
        declaring.stream()
                .flatMap(each -> Stream.of(each.getDeclaredMethods()))
                .filter(method -> isVisible(method, type) && !isImplicit(method))
                .forEach(method -> methods.putIfAbsent(signature(method), method(method)));
        members.addAll(methods.values());
        return members;
    }

    /** Sorts by name, then by the number of parameters. */
    private static String signature(Method method) {
        return "%s %02d %s"
                .formatted(method.getName(), method.getParameterCount(), Arrays.toString(method.getParameterTypes()));
    }

    /** The type first, so that what it overrides is shown as it declares it. */
    private static Collection<Class<?>> withHiddenSupertypes(Class<?> type) {
        List<Class<?>> all = new ArrayList<>(List.of(type));
        Stream.concat(Stream.ofNullable(type.getSuperclass()), Stream.of(type.getInterfaces()))
                .filter(PublicApiTest::isHidden)
                .forEach(hidden -> all.addAll(withHiddenSupertypes(hidden)));
        return all.stream().distinct().toList();
    }

    private static boolean isVisible(Member member, Class<?> type) {
        int modifiers = member.getModifiers();
        boolean inherited = !Modifier.isFinal(type.getModifiers());
        return !member.isSynthetic()
                && (Modifier.isPublic(modifiers) || (Modifier.isProtected(modifiers) && inherited));
    }

    /** What the compiler adds to every record and every enum says nothing. */
    private static boolean isImplicit(Executable executable) {
        Class<?> type = executable.getDeclaringClass();
        List<Class<?>> parameters = List.of(executable.getParameterTypes());
        if (type.isEnum()) {
            return Set.of("values", "valueOf").contains(executable.getName());
        }
        if (!type.isRecord()) {
            return false;
        }
        RecordComponent[] components = type.getRecordComponents();
        if (executable instanceof Constructor) {
            return parameters.equals(
                    Stream.of(components).map(RecordComponent::getType).toList());
        }
        return Set.of("equals", "hashCode", "toString").contains(executable.getName())
                || (parameters.isEmpty()
                        && Stream.of(components)
                                .anyMatch(component -> component.getName().equals(executable.getName())));
    }

    private static String field(Field field) {
        return deprecation(field) + modifiers(field.getModifiers() & ~(Modifier.TRANSIENT | Modifier.VOLATILE))
                + render(field.getAnnotatedType()) + " " + field.getName();
    }

    private static String constructor(Constructor<?> constructor) {
        String parameters = parameters(constructor);
        return deprecation(constructor)
                + modifiers(constructor.getModifiers() & ~Modifier.TRANSIENT)
                + (parameters.isEmpty() ? "" : parameters + " ")
                + constructor.getDeclaringClass().getSimpleName()
                + arguments(constructor);
    }

    private static String method(Method method) {
        int ignored =
                Modifier.SYNCHRONIZED | Modifier.NATIVE | Modifier.STRICT | Modifier.VOLATILE | Modifier.TRANSIENT;
        if (method.getDeclaringClass().isInterface()) {
            ignored |= Modifier.PUBLIC | Modifier.ABSTRACT;
        }
        String parameters = parameters(method);
        return deprecation(method) + modifiers(method.getModifiers() & ~ignored)
                + (method.isDefault() ? "default " : "")
                + (parameters.isEmpty() ? "" : parameters + " ")
                + render(method.getAnnotatedReturnType()) + " " + method.getName() + arguments(method);
    }

    private static String deprecation(AnnotatedElement element) {
        return element.isAnnotationPresent(Deprecated.class) ? "@Deprecated " : "";
    }

    private static String modifiers(int modifiers) {
        String text = Modifier.toString(modifiers & ~Modifier.INTERFACE);
        return text.isEmpty() ? "" : text + " ";
    }

    private static String arguments(Executable executable) {
        List<String> types = Stream.of(executable.getAnnotatedParameterTypes())
                .map(PublicApiTest::render)
                .collect(Collectors.toCollection(ArrayList::new));
        if (executable.isVarArgs()) {
            int last = types.size() - 1;
            types.set(last, types.get(last).replaceFirst("\\[]$", "..."));
        }
        String thrown = Stream.of(executable.getAnnotatedExceptionTypes())
                .map(PublicApiTest::render)
                .sorted()
                .collect(Collectors.joining(", "));
        return "(" + String.join(", ", types) + ")" + (thrown.isEmpty() ? "" : " throws " + thrown);
    }

    private static String parameters(GenericDeclaration declaration) {
        return Stream.of(declaration.getTypeParameters())
                .map(PublicApiTest::parameter)
                .collect(Collectors.collectingAndThen(
                        Collectors.joining(", "), text -> text.isEmpty() ? "" : "<" + text + ">"));
    }

    private static String parameter(TypeVariable<?> variable) {
        String bounds = bounds(variable.getAnnotatedBounds());
        return variable.getName() + (bounds.isEmpty() ? "" : " extends " + bounds);
    }

    private static String bounds(AnnotatedType[] bounds) {
        String text = Stream.of(bounds).map(PublicApiTest::render).collect(Collectors.joining(" & "));
        return text.equals("Object") ? "" : text;
    }

    private static String render(AnnotatedType type) {
        String annotations = Stream.of(type.getAnnotations())
                .map(Annotation::annotationType)
                .map(annotation -> "@" + annotation.getSimpleName() + " ")
                .sorted()
                .collect(Collectors.joining());
        if (type instanceof AnnotatedArrayType array) {
            return render(array.getAnnotatedGenericComponentType())
                    + (annotations.isEmpty() ? "" : " " + annotations)
                    + "[]";
        }
        if (type instanceof AnnotatedParameterizedType generic) {
            return annotations
                    + name(raw(generic))
                    + Stream.of(generic.getAnnotatedActualTypeArguments())
                            .map(PublicApiTest::render)
                            .collect(Collectors.joining(", ", "<", ">"));
        }
        if (type instanceof AnnotatedWildcardType wildcard) {
            if (wildcard.getAnnotatedLowerBounds().length > 0) {
                return "? super " + bounds(wildcard.getAnnotatedLowerBounds());
            }
            String upper = bounds(wildcard.getAnnotatedUpperBounds());
            return upper.isEmpty() ? "?" : "? extends " + upper;
        }
        if (type instanceof AnnotatedTypeVariable variable) {
            return annotations + variable.getType().getTypeName();
        }
        return annotations + name(raw(type));
    }

    /** Our own types and those of {@code java.lang} go without their package. */
    private static String name(Class<?> type) {
        String name = type.getCanonicalName();
        boolean known = (type.getPackageName().equals("java.lang") && !type.isPrimitive())
                || type.getPackageName().equals(ROOT)
                || type.getPackageName().startsWith(ROOT + ".");
        return known ? name.substring(type.getPackageName().length() + 1) : name;
    }

    /** The lines that differ, under the type that they belong to, by the longest common subsequence. */
    private static List<String> difference(List<String> before, List<String> after) {
        int[][] common = new int[before.size() + 1][after.size() + 1];
        for (int i = before.size() - 1; i >= 0; i--) {
            for (int j = after.size() - 1; j >= 0; j--) {
                common[i][j] = before.get(i).equals(after.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        List<String> lines = new ArrayList<>();
        String pendingHeader = "";
        int i = 0;
        int j = 0;
        while (i < before.size() || j < after.size()) {
            boolean same =
                    i < before.size() && j < after.size() && before.get(i).equals(after.get(j));
            if (same) {
                String line = before.get(i);
                pendingHeader = line.startsWith(" ") || line.equals("}") ? pendingHeader : line;
                i++;
                j++;
                continue;
            }
            if (!pendingHeader.isEmpty()) {
                lines.add("  " + pendingHeader);
                pendingHeader = "";
            }
            boolean removed = j == after.size() || (i < before.size() && common[i + 1][j] >= common[i][j + 1]);
            lines.add(removed ? "- " + before.get(i++) : "+ " + after.get(j++));
        }
        return lines;
    }
}
