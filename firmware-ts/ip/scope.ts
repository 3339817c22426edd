/** Width of an address's or a route's validity (include/uapi/linux/rtnetlink.h): the larger the number, the narrower. */
export const Scope = { GLOBAL: 0, SITE: 200, LINK: 253, HOST: 254, NOWHERE: 255 } as const;
